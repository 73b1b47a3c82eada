// A gather that was looked at and checked, and is ready to be carried out.
#pragma once

#include <span>
#include <vector>

#include "src/gather/routes.h"
#include "src/gather/step_clock.h"
#include "src/gather/track.h"

namespace zonecopy::gather {

struct Prepared {
  Work work;
  std::vector<Track> tracks;       ///< one for each destination
  std::vector<RangePlace> places;  ///< of the ranges; a group is an index of `routes`
  std::vector<Route> routes;       ///< those that are used, each once
  MountLimits limits;              ///< of the mount that all destinations are on
  std::uint64_t total_bytes = 0;
  std::uint64_t unit_bytes = 1;  ///< the largest block of the destinations
  /// Where the first byte goes in the destination whose blocks count: one that takes whole blocks only, if there is any.
  std::uint64_t offset_bytes = 0;
};

/// Checks everything, and touches nothing. The errors are those of Gatherer::gather().
Result<Prepared> prepare(std::span<const GatherRange> ranges, std::span<const GatherDestination> destinations,
                         const GatherOptions& options);

/// How long a step by `route` may be.
[[nodiscard]] StepLimits step_limits(const Prepared& prepared, const Route& route);

/// Carries it out. A rate is held by `clock`.
std::vector<GatherReport> carry_out(Prepared prepared, StepClock& clock);

/// What carry_out() would have a device do, with one destination.
[[nodiscard]] GatherPlan plan_of(const Prepared& prepared);

}  // namespace zonecopy::gather
