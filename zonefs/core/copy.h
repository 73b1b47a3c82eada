// copy_file_range(2) between zone files: checks the request, runs the copy engine, updates sizes and counters.
#pragma once

#include <string>
#include <vector>

#include "zonecopy/copy.h"
#include "zonefs/core/open_file.h"
#include "zonefs/core/recovery.h"
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

/// Copies between zone files. On the loop's thread only; `volume` and `recovery` must outlive it.
class Copier {
 public:
  /// Longest copy of one request: the reply of FUSE has 32 bits for the length, and a copy ends on a page.
  static constexpr std::uint64_t copy_max_bytes = 0xfffff000;

  Copier(Volume& volume, Recovery& recovery) : volume_(volume), recovery_(recovery) {}

  /// Returns the bytes copied, which may be fewer than requested, and 0 at the end of the source. The caller's locks
  /// are taken here: the source for reading, the destination for writing. EPERM: a zone is read-only or offline. EROFS.
  /// EFBIG: the destination is full. EINVAL: not whole blocks, not at the write pointer, or the ranges overlap. EINTR:
  /// cancelled before anything was copied. Else what device_errno() makes of the device's error. `request.through` and
  /// `cancel` (may be null) must outlive the await.
  Task<Result<std::uint64_t>> copy_range(CopyRequest request, const CancelToken* cancel);
  [[nodiscard]] const CopyCounters& counters() const { return counters_; }

 private:
  Result<CopyRequest> clip(CopyRequest request) const;
  [[nodiscard]] std::vector<CopyJob> jobs_of(const CopyRequest& request) const;
  Task<CopyReport> run(CopyRequest request, const CancelToken* cancel);
  void count(const CopyReport& report, CopyTally* tally);

  Volume& volume_;
  Recovery& recovery_;
  CopyCounters counters_;
};

}  // namespace zonecopy::zonefs
