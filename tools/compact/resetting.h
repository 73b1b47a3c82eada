// Resets the victims of a round whose copies are safe, each only if it still is what was copied.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/compact/contents.h"
#include "tools/compact/plan.h"
#include "tools/compact/victims.h"
#include "zonecopy/result.h"

namespace zonecopy::compact {

struct ResetTotals {
  std::vector<ZoneNumber> reset;      ///< empty now, by this run
  std::vector<LeftAlone> left_alone;  ///< not what the plan says that they are
};

/// What is to become of a victim.
enum class VictimFate : std::uint8_t {
  reset,
  empty_already,  ///< by an earlier run
  leave,          ///< somebody else has changed it
};
/// Pure. `same` tells, for a victim with the size in the plan, whether its contents are as well.
[[nodiscard]] VictimFate fate_of(const PlannedVictim& victim, std::uint64_t size_bytes, bool same);

/// `next` is the round behind, whose fillings may have begun in zones that were victims of this one; null for none. An
/// error ends it in the middle; a victim that was left does not.
Status reset_victims(Contents& contents, const Round& round, const Round* next, std::uint64_t block_size_bytes,
                     ResetTotals& totals);

}  // namespace zonecopy::compact
