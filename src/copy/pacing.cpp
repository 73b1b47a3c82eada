#include "src/copy/pacing.h"

#include <algorithm>

namespace zonecopy {

std::uint64_t Pacing::step_max_blocks(std::uint64_t others) const {
  if (pace_ == nullptr || pace_->step_max_bytes() == 0) return others;
  const std::uint64_t blocks = std::max<std::uint64_t>(1, pace_->step_max_bytes() / block_size_bytes_);
  return std::min(others, blocks);
}

Task<void> Pacing::before(std::uint64_t position_blocks, std::uint64_t blocks, const CancelToken* cancel) {
  if (pace_ == nullptr) co_return;
  const std::uint64_t end_blocks = position_blocks + blocks;
  const std::uint64_t counted_blocks = std::clamp(counted_blocks_, position_blocks, end_blocks);
  counted_blocks_ = std::max(counted_blocks_, end_blocks);
  co_await pace_->before((end_blocks - counted_blocks) * block_size_bytes_, cancel);
}

void Pacing::tell_progress() {
  if (pace_ == nullptr) return;
  // A destination that has less room, and is full, holds nothing up.
  std::uint64_t most_blocks = 0;
  std::uint64_t slowest_blocks = ~std::uint64_t{0};
  for (const CopyBranch& branch : branches_) {
    if (branch.report.error) continue;
    most_blocks = std::max(most_blocks, branch.report.blocks());
    if (branch.goes_on()) slowest_blocks = std::min(slowest_blocks, branch.report.blocks());
  }
  const std::uint64_t done_blocks = std::min(most_blocks, slowest_blocks);
  if (done_blocks <= told_blocks_) return;
  pace_->copied((done_blocks - told_blocks_) * block_size_bytes_);
  told_blocks_ = done_blocks;
}

}  // namespace zonecopy
