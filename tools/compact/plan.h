// The plan of a compaction: which victims go into which empty zones, in rounds. Pure.
//
// A round copies all live extents of its victims, and resets these when the copies are safe; they are empty zones for
// the rounds behind it. Zones are filled one after the other, and one that was not filled in a round goes on in the
// next, so that one empty zone is enough for any number of victims.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "tools/compact/victims.h"
#include "tools/compact/zone_files.h"
#include "zonecopy/result.h"

namespace zonecopy::compact {

/// A live extent, and where it goes. Never divided: it ends in the zone in which it begins.
struct Move {
  ZoneNumber old_zone = 0;
  std::uint64_t old_offset_bytes = 0;
  std::uint64_t length_bytes = 0;
  std::uint64_t new_offset_bytes = 0;
  std::uint64_t xxh3 = 0;  ///< of the contents; 0 until they have been read (contents.h)
};

/// What one round writes to one zone.
struct Filling {
  ZoneNumber zone = 0;
  std::uint64_t start_bytes = 0;  ///< 0, or where the round before has ended
  /// Finished afterwards, so that it is no longer active: the device allows only so many active zones.
  bool finish = false;
  std::vector<Move> moves;  ///< each begins where the one before ends

  [[nodiscard]] std::uint64_t end_bytes() const {
    return moves.empty() ? start_bytes : moves.back().new_offset_bytes + moves.back().length_bytes;
  }
};

/// A victim as it was when the plan was made.
struct PlannedVictim {
  ZoneNumber zone = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t live_bytes = 0;
  /// Of samples of the whole zone, garbage included (contents.h): tells whether it has been written anew since.
  std::uint64_t sample_xxh3 = 0;
};

struct Round {
  std::vector<PlannedVictim> victims;
  std::vector<Filling> fillings;  ///< none: the victims hold no live extent
};

struct Plan {
  std::vector<Round> rounds;
};

struct PlanLimits {
  // 0: no limit.
  std::uint64_t max_open_zones = 0;
  std::uint64_t max_active_zones = 0;
  // In use when the plan is made.
  std::uint64_t open_zones = 0;
  std::uint64_t active_zones = 0;
};

/// Victims with the fewest live bytes come first: they win most for what is copied. `destinations` are the zones that
/// may be filled, in this order; none: all empty ones, and those that have become empty. ENOSPC where it does not fit,
/// EBUSY where the device can have no further open or active zone, EINVAL for a destination that is none.
Result<Plan> make_plan(const Victims& victims, std::span<const ZoneNumber> destinations, const ZoneFiles& zones,
                       const PlanLimits& limits);

/// What a plan comes to.
struct PlanTotals {
  std::uint64_t victims = 0;
  std::uint64_t filled_zones = 0;
  std::uint64_t extents = 0;
  std::uint64_t bytes = 0;
};
[[nodiscard]] PlanTotals totals_of(const Plan& plan);

}  // namespace zonecopy::compact
