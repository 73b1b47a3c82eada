#include "src/copy/shared_transfer.h"

#include <algorithm>

namespace zonecopy {
namespace {

/// Where a branch begins or ends, without repetition.
std::vector<std::uint64_t> ends_of(std::span<const CopyBranch> branches) {
  std::vector<std::uint64_t> ends;
  for (const CopyBranch& branch : branches) {
    if (!branch.goes_on()) continue;
    ends.push_back(branch.report.blocks());
    ends.push_back(branch.blocks);
  }
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  return ends;
}

/// Those that need the blocks from `begin_blocks` up to `end_blocks`. No branch begins or ends between them.
std::vector<std::size_t> branches_of(std::span<const CopyBranch> branches, std::uint64_t begin_blocks,
                                     std::uint64_t end_blocks) {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const CopyBranch& branch = branches[i];
    if (branch.goes_on() && branch.report.blocks() <= begin_blocks && end_blocks <= branch.blocks) numbers.push_back(i);
  }
  return numbers;
}

}  // namespace

std::vector<SharedTransfer> plan_shared_transfers(std::span<const CopyBranch> branches, std::uint64_t max_blocks,
                                                  const SourceGeometry& source) {
  std::vector<SharedTransfer> transfers;
  const std::vector<std::uint64_t> ends = ends_of(branches);
  for (std::size_t i = 1; i < ends.size(); ++i) {
    const std::vector<std::size_t> takers = branches_of(branches, ends[i - 1], ends[i]);
    if (takers.empty()) continue;
    const std::vector<Extent> rest = skip_blocks(branches[takers.front()].job.sources, ends[i - 1]);
    // Planned as if to block 0 of the job, so that positions come out.
    const Destination positions{ends[i - 1], ends[i] - ends[i - 1]};
    for (Transfer& transfer : plan_transfers(rest, positions, max_blocks, source)) {
      transfers.push_back(
          SharedTransfer{std::move(transfer.sources), transfer.destination_lba, transfer.blocks, takers});
    }
  }
  return transfers;
}

}  // namespace zonecopy
