// copy_file_range(2) between zone files: checks the request, runs the copy engine, updates sizes and counters.
#pragma once

#include <string>
#include <vector>

#include "zonecopy/copy.h"
#include "zonefs/core/conventional_writer.h"
#include "zonefs/core/open_file.h"
#include "zonefs/core/recovery.h"
#include "zonefs/core/stream_writer.h"
#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

struct CopyRequest {
  FileNumber source = 0;
  std::uint64_t source_offset_bytes = 0;
  FileNumber destination = 0;
  std::uint64_t destination_offset_bytes = 0;
  std::uint64_t length_bytes = 0;
  OpenFile* through = nullptr;  ///< the open file of the destination, which counts the copy too; may be null
};

/// What a mount has copied so far. CopyPath explains the three ways.
struct CopyCounters {
  std::uint64_t bytes_offloaded = 0;
  std::uint64_t bytes_kernel = 0;
  std::uint64_t bytes_emulated = 0;
  std::uint64_t copies_offloaded = 0;  ///< copy requests that were offloaded completely
  std::uint64_t copies_kernel = 0;     ///< copy requests of which the kernel moved a part and none was emulated
  std::uint64_t copies_emulated = 0;   ///< copy requests of which a part was emulated
  std::string last_fallback;           ///< why the last copy that was not offloaded was not; empty if all were
};

/// Copies between zone files. Whole blocks are the copy engine's; what is no whole block, or lies in the source otherwise
/// than in the destination, is read and written here. On the loop's thread only; what is passed to the constructor must
/// outlive it.
class Copier {
 public:
  /// Longest copy of one request: the reply of FUSE has 32 bits for the length, and a copy ends on a page.
  static constexpr std::uint64_t copy_max_bytes = 0xfffff000;

  Copier(Volume& volume, Recovery& recovery, StreamWriter& stream, ConventionalWriter& conventional)
      : volume_(volume), recovery_(recovery), stream_(stream), conventional_(conventional) {}

  /// Returns the bytes copied, which may be fewer than requested, and 0 at the end of the source. The caller's locks
  /// are taken here: the source for reading, the destination for writing. A gap in front of the destination range is
  /// filled with zeros. EPERM: a zone is read-only or offline. EROFS. EFBIG: the destination is full. EINVAL: below the
  /// end of a sequential destination, or the ranges overlap; under strict also not whole blocks, or not at the write
  /// pointer. EIO under copy=offload: it cannot be offloaded. EINTR: cancelled before anything was copied. Else what
  /// device_errno() makes of the device's error. `request.through` and `cancel` (may be null) must outlive the await.
  Task<Result<std::uint64_t>> copy_range(CopyRequest request, const CancelToken* cancel);
  [[nodiscard]] const CopyCounters& counters() const { return counters_; }

 private:
  /// What a copy has come to: its bytes, and what stopped it.
  struct Progress {
    CopyReport report;              ///< of the whole blocks
    std::uint64_t loose_bytes = 0;  ///< read and written here
    std::optional<Error> error;     ///< with Error::copy_side(), where a side has failed
    [[nodiscard]] std::uint64_t bytes(std::uint64_t block_size_bytes) const {
      return report.blocks() * block_size_bytes + loose_bytes;
    }
  };
  /// A copy is at most three parts, one behind the other.
  struct Parts {
    std::uint64_t head_bytes = 0;   ///< up to a block of the destination
    std::uint64_t whole_bytes = 0;  ///< whole blocks that are on the source's zone
    std::uint64_t rest_bytes = 0;
  };

  Result<CopyRequest> clip(CopyRequest request) const;
  [[nodiscard]] bool aligned(const CopyRequest& request) const;
  [[nodiscard]] Parts parts_of(const CopyRequest& request) const;
  [[nodiscard]] std::optional<std::string> refusal_to_offload(const Parts& parts) const;
  [[nodiscard]] std::vector<CopyJob> jobs_of(const CopyRequest& request) const;
  Task<Progress> run(CopyRequest request, const CancelToken* cancel);
  Task<std::optional<Error>> fill_gap(CopyRequest request);
  Task<void> copy_blocks(CopyRequest request, const CancelToken* cancel, Progress& progress);
  Task<void> copy_bytes(CopyRequest request, const CancelToken* cancel, Progress& progress);
  Task<WriteOutcome> copy_piece(CopyRequest request);
  void count(const Progress& progress, CopyTally* tally);

  Volume& volume_;
  Recovery& recovery_;
  StreamWriter& stream_;
  ConventionalWriter& conventional_;
  CopyCounters counters_;
};

}  // namespace zonecopy::zonefs
