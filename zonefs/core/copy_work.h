// Carries out a copy between files that was checked: runs the copy engine, updates sizes and counters, and has the zones
// looked at after an error.
#pragma once

#include <string>
#include <vector>

#include "zonecopy/copy.h"
#include "zonecopy/lock_set.h"
#include "zonefs/core/conventional_writer.h"
#include "zonefs/core/copy_accounts.h"
#include "zonefs/core/copy_steps.h"
#include "zonefs/core/open_file.h"
#include "zonefs/core/recovery.h"
#include "zonefs/core/stream_writer.h"
#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

/// Pieces of sources that go, in order, to a place of the destination. All of them are in their files, fit, and do not
/// overlap with what is written.
struct CopyWork {
  std::vector<CopyPiece> pieces;
  FileNumber destination = 0;
  std::uint64_t destination_offset_bytes = 0;
  OpenFile* through = nullptr;  ///< the open file of the destination, which counts the copy too; may be null
  CopyMode mode = CopyMode::automatic;
  CopyPace* pace = nullptr;  ///< slows it down; may be null
};

/// How copies between devices with blocks of different sizes are refused.
[[nodiscard]] std::string different_blocks(const Volume& source, const Volume& destination);

/// Whole blocks are the copy engine's; what is no whole block, or lies in the source otherwise than in the destination, is
/// read and written here. On the loop's thread only; what is passed to the constructor must outlive it.
class CopyWorker {
 public:
  CopyWorker(Volume& volume, Recovery& recovery, StreamWriter& stream, ConventionalWriter& conventional)
      : volume_(volume), recovery_(recovery), stream_(stream), conventional_(conventional) {}

  /// The caller holds `locks`: the sources for reading, the destination for writing. After an error some of them are
  /// released, for the recovery of the zones. A gap in front of the destination range is filled with zeros. Errors: EINTR:
  /// cancelled. EIO under CopyMode::offload: it cannot be offloaded. Else what device_errno() makes of the device's
  /// error. `locks` and `cancel` (may be null) must outlive the await.
  Task<CopyDone> run(CopyWork work, LockSet& locks, const CancelToken* cancel);
  /// Why the work is not begun under CopyMode::offload; nothing if it is.
  [[nodiscard]] std::optional<std::string> refusal(const CopyWork& work) const;
  [[nodiscard]] CopyAccounts& accounts() { return accounts_; }
  [[nodiscard]] const CopyAccounts& accounts() const { return accounts_; }

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

  [[nodiscard]] std::optional<std::string> refusal_to_offload(CopyMode mode, const std::vector<CopyStep>& steps) const;
  [[nodiscard]] Extent extent_of(const CopyPiece& piece) const;
  [[nodiscard]] bool concerns(const Error& error, const CopyPiece& piece) const;
  [[nodiscard]] std::uint64_t readable_bytes(const std::vector<CopyPiece>& pieces, const Error& error) const;
  [[nodiscard]] CopyPiece failed_piece(const CopyWork& work, const Error& cause, std::uint64_t done_bytes) const;
  Task<Progress> copy_all_steps(const CopyWork& work, const CancelToken* cancel);
  Task<std::optional<Error>> fill_gap(const CopyWork& work);
  Task<void> copy_blocks(const CopyWork& work, CopyStep step, const CancelToken* cancel, Progress& progress);
  Task<void> copy_pieces(const CopyWork& work, const CopyStep& step, const CancelToken* cancel, Progress& progress);
  Task<void> copy_run(const CopyWork& work, Volume& source, std::vector<Extent> left, std::uint64_t& offset_bytes,
                      const CancelToken* cancel, Progress& progress);
  Task<void> copy_bytes(const CopyWork& work, CopyStep step, const CancelToken* cancel, Progress& progress);
  Task<WriteOutcome> copy_piece(const CopyWork& work, CopyPiece piece, std::uint64_t destination_offset_bytes);
  Task<void> recover(const CopyWork& work, const Error& cause, std::uint64_t done_bytes, LockSet& locks);
  [[nodiscard]] CopyDone done(const Progress& progress) const;

  Volume& volume_;
  Recovery& recovery_;
  StreamWriter& stream_;
  ConventionalWriter& conventional_;
  CopyAccounts accounts_{volume_};
};

}  // namespace zonecopy::zonefs
