// The copy planner: makes the fewest Copy commands from source ranges and limits. Pure. Lengths and limits are blocks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "zonecopy/command.h"
#include "zonecopy/zone.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// A piece of the source. It may be longer than one source range of a Copy command, and may cross zone boundaries.
struct Extent {
  Lba start_lba = 0;
  std::uint64_t blocks = 0;
  friend bool operator==(const Extent&, const Extent&) = default;
};

/// Room in one destination zone: `blocks` from `start_lba` on, which is the write pointer of a sequential zone.
struct Destination {
  Lba start_lba = 0;
  std::uint64_t blocks = 0;
};

struct SourceGeometry {
  std::uint64_t zone_size_blocks = 0;
};

/// Cuts `sources` by the limits and at the source's zone boundaries into commands that write `destination` in order. No
/// plan with fewer commands exists. What does not fit into the destination is left out. Requires `limits.available()`.
[[nodiscard]] std::vector<CopyCommand> plan_copy(std::span<const Extent> sources, const Destination& destination,
                                                 const CopyLimits& limits, const SourceGeometry& source);

/// `sources` without their first `blocks`.
[[nodiscard]] std::vector<Extent> skip_blocks(std::span<const Extent> sources, std::uint64_t blocks);
/// The first `blocks` of `sources`.
[[nodiscard]] std::vector<Extent> take_blocks(std::span<const Extent> sources, std::uint64_t blocks);
/// The sum of the lengths.
[[nodiscard]] std::uint64_t total_blocks(std::span<const Extent> sources);

/// One write of an emulated copy, with the reads that bring its data.
struct Transfer {
  std::vector<Extent> sources;  ///< one read each; more than one where small pieces are gathered
  Lba destination_lba = 0;
  std::uint64_t blocks = 0;
};

/// Cuts `sources` into transfers of at most `max_blocks` (not 0). No read crosses a zone boundary of the source. What
/// does not fit into the destination is left out.
[[nodiscard]] std::vector<Transfer> plan_transfers(std::span<const Extent> sources, const Destination& destination,
                                                   std::uint64_t max_blocks, const SourceGeometry& source);

/// The device's limits, lowered to those of `user` and never raised. A field of `user` that is 0 leaves that limit as
/// it is.
[[nodiscard]] CopyLimits lower_limits(const CopyLimits& device, const CopyLimits& user);

}  // namespace zonecopy

#pragma GCC visibility pop
