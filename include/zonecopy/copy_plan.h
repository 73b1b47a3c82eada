// The copy planner: from ranges and limits to the fewest Copy commands. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "zonecopy/command.h"
#include "zonecopy/zone.h"

namespace zonecopy {

/// A piece of the source, possibly longer than one Copy range may be and across zone boundaries.
struct Extent {
  Lba start_lba = 0;
  std::uint64_t blocks = 0;
  friend bool operator==(const Extent&, const Extent&) = default;
};

/// Room in one destination zone: `blocks` from its write pointer on.
struct Destination {
  Lba start_lba = 0;
  std::uint64_t blocks = 0;
};

struct SourceGeometry {
  std::uint64_t zone_size_blocks = 0;
};

/// Cuts `sources` by the limits and at the source's zone boundaries into commands that write `destination` in order.
/// No plan with fewer commands exists. What does not fit into the destination is left out.
/// `limits.available()` has to hold.
[[nodiscard]] std::vector<CopyCommand> plan_copy(std::span<const Extent> sources, const Destination& destination,
                                                 const CopyLimits& limits, const SourceGeometry& source);

/// The part of `sources` that is left when the first `blocks` of it are done.
[[nodiscard]] std::vector<Extent> skip_blocks(std::span<const Extent> sources, std::uint64_t blocks);
/// The first `blocks` of `sources`.
[[nodiscard]] std::vector<Extent> take_blocks(std::span<const Extent> sources, std::uint64_t blocks);
[[nodiscard]] std::uint64_t total_blocks(std::span<const Extent> sources);

/// One read and write of the emulation.
struct Transfer {
  std::vector<Extent> sources;  ///< more than one where a transfer gathers small pieces
  Lba destination_lba = 0;
  std::uint64_t blocks = 0;
};

/// Cuts `sources` into transfers of at most `max_blocks`, none with a read across a zone boundary of the source.
[[nodiscard]] std::vector<Transfer> plan_transfers(std::span<const Extent> sources, const Destination& destination,
                                                   std::uint64_t max_blocks, const SourceGeometry& source);

/// `user` lowers what the device announces and never raises it; 0 leaves a limit as it is.
[[nodiscard]] CopyLimits lower_limits(const CopyLimits& device, const CopyLimits& user);

}  // namespace zonecopy
