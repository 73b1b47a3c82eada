// The two files that a compaction leaves for itself and for others: its plan, as long as it is not finished, and the
// map, which says where extents have gone. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tools/compact/plan.h"
#include "zonecopy/result.h"

namespace zonecopy::compact {

/// What a second run has to have in common with the first.
struct PlanIdentity {
  std::string uuid;              ///< of the super block; empty where the device could not be read
  std::uint64_t list_xxh3 = 0;   ///< of the live list, and of the zones that were chosen
  std::uint64_t zone_count = 0;  ///< sequential zone files of the mount
};

struct PlanFile {
  PlanIdentity identity;
  Plan plan;
};

/// JSON.
[[nodiscard]] std::string to_text(const PlanFile& file);
/// EINVAL if `text` is no plan, one that is damaged, or one of another version.
Result<PlanFile> parse_plan_file(std::string_view text);

/// Why the plan is not the one of this run; empty if it is.
[[nodiscard]] std::string difference(const PlanIdentity& planned, const PlanIdentity& now);

/// The whole map after the first `rounds` rounds: a line of JSON for each extent.
[[nodiscard]] std::string map_text(const Plan& plan, std::size_t rounds);

/// After how many rounds `map` was written; nothing if it is not of this plan. No file (nothing) is the map of no round.
[[nodiscard]] std::optional<std::size_t> rounds_in_map(const Plan& plan, const std::optional<std::string>& map);

}  // namespace zonecopy::compact
