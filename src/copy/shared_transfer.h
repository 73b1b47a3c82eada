// One read of an emulated copy with the writes of its data.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "src/copy/branch.h"

namespace zonecopy {

struct SharedTransfer {
  std::vector<Extent> sources;        ///< one read each; more than one where small pieces are gathered
  std::uint64_t position_blocks = 0;  ///< from the start of the job, where it begins in all of its destinations
  std::uint64_t blocks = 0;
  std::vector<std::size_t> branches;  ///< whose destinations the data goes to
};

/// Cuts what is left of those of `branches` that go on into transfers of at most `max_blocks` (not 0), in order. Where
/// some have come further than others or have less room, they take no part in the transfers before or behind.
[[nodiscard]] std::vector<SharedTransfer> plan_shared_transfers(std::span<const CopyBranch> branches,
                                                                std::uint64_t max_blocks, const SourceGeometry& source);

}  // namespace zonecopy
