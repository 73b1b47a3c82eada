#include "tools/compact/plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace zonecopy::compact {
namespace {

Error make_error(int code, const std::string& detail) { return Error(code, "plan the compaction", detail); }

struct EmptyZone {
  ZoneNumber zone = 0;
  std::uint64_t capacity_bytes = 0;
};
using EmptyZones = std::vector<EmptyZone>;

/// How far the empty zones have been filled.
struct Position {
  EmptyZone current;
  std::uint64_t fill_bytes = 0;  ///< of the current one
  std::size_t next = 0;          ///< of the empty zones

  [[nodiscard]] std::uint64_t left_bytes() const { return current.capacity_bytes - fill_bytes; }
  [[nodiscard]] bool partly_written() const { return fill_bytes > 0 && left_bytes() > 0; }
  /// False if there is no further one.
  bool advance(const EmptyZones& empty) {
    if (next == empty.size()) return false;
    current = empty[next++];
    fill_bytes = 0;
    return true;
  }
};

/// How many zones the plan may leave partly written, the one that is being filled included: each is active.
class ActiveZones {
 public:
  ActiveZones(const PlanLimits& limits, std::uint64_t released)
      : limited_(limits.max_active_zones != 0),
        left_(limits.max_active_zones + released - std::min(limits.active_zones, limits.max_active_zones)) {}
  [[nodiscard]] bool none() const { return limited_ && left_ == 0; }
  /// One is left partly written, and another is begun: whether the one has to be finished for that.
  bool leave_one() {
    if (!limited_) return false;
    if (left_ < 2) return true;
    --left_;
    return false;
  }

 private:
  bool limited_;
  std::uint64_t left_;
};

/// No extent is divided between two zones.
bool fits(const Victim& victim, Position position, const EmptyZones& empty) {
  for (const Extent& extent : victim.extents) {
    while (position.left_bytes() < extent.length_bytes) {
      if (!position.advance(empty)) return false;
    }
    position.fill_bytes += extent.length_bytes;
  }
  return true;
}

/// The filling of the current zone in this round.
Filling& current_filling(const Position& position, Round& round) {
  if (round.fillings.empty() || round.fillings.back().zone != position.current.zone) {
    round.fillings.push_back({position.current.zone, position.fill_bytes, false, {}});
  }
  return round.fillings.back();
}

/// Adds a victim that fits.
void place(const Victim& victim, Position& position, const EmptyZones& empty, ActiveZones& active, Round& round) {
  round.victims.push_back({victim.zone, victim.size_bytes, victim.live_bytes, 0});
  for (const Extent& extent : victim.extents) {
    while (position.left_bytes() < extent.length_bytes) {
      if (position.partly_written() && active.leave_one()) current_filling(position, round).finish = true;
      position.advance(empty);
    }
    current_filling(position, round)
        .moves.push_back({victim.zone, extent.offset_bytes, extent.length_bytes, position.fill_bytes, 0});
    position.fill_bytes += extent.length_bytes;
  }
}

bool wins_more(const Victim* a, const Victim* b) {
  return a->live_bytes != b->live_bytes ? a->live_bytes < b->live_bytes : a->zone < b->zone;
}

bool can_be_filled(const ZoneFile& file) { return file.readable && file.writable && file.size_bytes == 0; }

Result<EmptyZones> chosen_zones(std::span<const ZoneNumber> destinations, const ZoneFiles& zones) {
  EmptyZones chosen;
  for (const ZoneNumber zone : destinations) {
    const auto found = zones.files.find(zone);
    const auto wrong = [zone](const std::string& why) {
      return make_error(EINVAL, fmt::format("--destination {}: {}", name_of(zone), why));
    };
    if (found == zones.files.end()) return wrong("there is no such zone");
    if (found->second.size_bytes != 0) return wrong("it is not empty; only empty zones are filled");
    if (!can_be_filled(found->second)) return wrong("it is read-only or offline");
    const auto same = [zone](const EmptyZone& other) { return other.zone == zone; };
    if (std::any_of(chosen.begin(), chosen.end(), same)) return wrong("it is named twice");
    chosen.push_back({zone, found->second.capacity_bytes});
  }
  return chosen;
}

EmptyZones all_empty_zones(const ZoneFiles& zones) {
  EmptyZones empty;
  for (const auto& [zone, file] : zones.files) {
    if (can_be_filled(file)) empty.push_back({zone, file.capacity_bytes});
  }
  return empty;
}

Error no_space_error(const Victim& victim, const EmptyZones& empty, bool chosen) {
  std::uint64_t room_bytes = 0;
  for (const EmptyZone& zone : empty) room_bytes += zone.capacity_bytes;
  const std::string live = fmt::format("the {} live bytes of {} do not fit", victim.live_bytes, name_of(victim.zone));
  if (chosen) {
    return make_error(ENOSPC,
                      fmt::format("{}: the zones of --destination hold {} bytes in all; name more", live, room_bytes));
  }
  return make_error(ENOSPC, fmt::format("{}: a zone has to be empty to begin with; reset one that is not needed, or "
                                        "name it by --victim",
                                        live));
}

Status check_limits(const PlanLimits& limits, const ActiveZones& active) {
  if (active.none()) {
    return make_error(EBUSY,
                      fmt::format("all {} zones that can be active are; finish or reset one", limits.max_active_zones));
  }
  if (limits.max_open_zones != 0 && limits.open_zones >= limits.max_open_zones) {
    return make_error(EBUSY,
                      fmt::format("all {} zones that can be open for writing are; close one", limits.max_open_zones));
  }
  return {};
}

/// Victims without live extents: they cost nothing, and give room to the others.
Round round_of_dead(std::vector<const Victim*>& left) {
  Round round;
  const auto first_live =
      std::find_if(left.begin(), left.end(), [](const Victim* victim) { return victim->live_bytes > 0; });
  for (auto i = left.begin(); i != first_live; ++i) round.victims.push_back({(*i)->zone, (*i)->size_bytes, 0, 0});
  left.erase(left.begin(), first_live);
  return round;
}

std::uint64_t count_partly_written(const Round& round, const ZoneFiles& zones) {
  return static_cast<std::uint64_t>(
      std::count_if(round.victims.begin(), round.victims.end(), [&zones](const PlannedVictim& victim) {
        return victim.size_bytes < zones.files.at(victim.zone).capacity_bytes;
      }));
}

}  // namespace

Result<Plan> make_plan(const Victims& victims, std::span<const ZoneNumber> destinations, const ZoneFiles& zones,
                       const PlanLimits& limits) {
  const bool chosen = !destinations.empty();
  Result<EmptyZones> empty = chosen ? chosen_zones(destinations, zones) : all_empty_zones(zones);
  if (!empty) return empty.error();
  std::vector<const Victim*> left;
  for (const Victim& victim : victims.victims) left.push_back(&victim);
  std::sort(left.begin(), left.end(), wins_more);

  Plan plan;
  const auto add = [&](Round round) {
    // What was chosen is all that may be filled.
    for (const PlannedVictim& victim : round.victims) {
      if (!chosen) empty->push_back({victim.zone, zones.files.at(victim.zone).capacity_bytes});
    }
    if (!round.victims.empty()) plan.rounds.push_back(std::move(round));
  };
  Round dead = round_of_dead(left);
  ActiveZones active(limits, count_partly_written(dead, zones));
  add(std::move(dead));
  if (left.empty()) return plan;
  if (const Status possible = check_limits(limits, active); !possible) return possible.error();

  Position position;
  for (auto next = left.begin(); next != left.end();) {
    Round round;
    for (; next != left.end() && fits(**next, position, *empty); ++next) {
      place(**next, position, *empty, active, round);
    }
    if (round.victims.empty()) return no_space_error(**next, *empty, chosen);
    add(std::move(round));
  }
  return plan;
}

PlanTotals totals_of(const Plan& plan) {
  PlanTotals totals;
  std::set<ZoneNumber> filled;
  for (const Round& round : plan.rounds) {
    totals.victims += round.victims.size();
    for (const Filling& filling : round.fillings) {
      filled.insert(filling.zone);
      totals.extents += filling.moves.size();
      for (const Move& move : filling.moves) totals.bytes += move.length_bytes;
    }
  }
  totals.filled_zones = filled.size();
  return totals;
}

}  // namespace zonecopy::compact
