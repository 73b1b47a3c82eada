// What a copy tells its pace. Bytes that go to several destinations count once.
#pragma once

#include <cstdint>
#include <span>

#include "src/copy/branch.h"
#include "zonecopy/copy_pace.h"

namespace zonecopy {

class Pacing {
 public:
  /// `pace` may be null. All must outlive it.
  Pacing(CopyPace* pace, std::uint64_t block_size_bytes, std::span<const CopyBranch> branches)
      : pace_(pace), block_size_bytes_(block_size_bytes), branches_(branches) {}

  [[nodiscard]] bool exists() const { return pace_ != nullptr; }
  /// The longest step; `others` where the pace does not care or allows longer ones.
  [[nodiscard]] std::uint64_t step_max_blocks(std::uint64_t others) const;

  /// Waits until the step from block `position_blocks` of the job on may begin. Where several destinations take this
  /// step one by one, the first one pays for all.
  Task<void> before(std::uint64_t position_blocks, std::uint64_t blocks, const CancelToken* cancel);
  /// Reads are counted after this although Copy commands have counted the same blocks.
  void count_again() { counted_blocks_ = 0; }
  /// After each change of a report.
  void tell_progress();

 private:
  CopyPace* pace_;
  std::uint64_t block_size_bytes_;
  std::span<const CopyBranch> branches_;
  std::uint64_t counted_blocks_ = 0;  ///< from the start of the job on
  std::uint64_t told_blocks_ = 0;
};

}  // namespace zonecopy
