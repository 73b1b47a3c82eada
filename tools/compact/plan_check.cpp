#include "tools/compact/plan_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace zonecopy::compact {
namespace {

/// {offset, length}.
using Extents = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
using ExtentsByZone = std::map<ZoneNumber, Extents>;

Error make_error(ZoneNumber zone, const std::string& what) {
  return Error(EINVAL, "read the plan",
               fmt::format("it does not follow from the live list: {} {}", name_of(zone), what));
}

/// Also zones that are only named, without an extent.
ExtentsByZone extents_of(const LiveList& list, const std::set<ZoneNumber>& chosen) {
  ExtentsByZone by_zone;
  for (const ZoneNumber zone : chosen) by_zone[zone];
  for (const LiveExtent& extent : list.extents) {
    Extents& extents = by_zone[extent.zone];
    if (extent.length_bytes > 0) extents.emplace_back(extent.offset_bytes, extent.length_bytes);
  }
  for (auto& [zone, extents] : by_zone) std::sort(extents.begin(), extents.end());
  return by_zone;
}

ExtentsByZone extents_of(const Round& round) {
  ExtentsByZone by_zone;
  for (const Filling& filling : round.fillings) {
    for (const Move& move : filling.moves) {
      by_zone[move.old_zone].emplace_back(move.old_offset_bytes, move.length_bytes);
    }
  }
  for (auto& [zone, extents] : by_zone) std::sort(extents.begin(), extents.end());
  return by_zone;
}

std::uint64_t bytes_of(const Extents& extents) {
  std::uint64_t bytes = 0;
  for (const auto& [offset_bytes, length_bytes] : extents) bytes += length_bytes;
  return bytes;
}

/// `victims` are those of the rounds before, to which the round's are added.
Status check_victims(const Round& round, const ExtentsByZone& listed, std::set<ZoneNumber>& victims) {
  ExtentsByZone moved = extents_of(round);
  for (const PlannedVictim& victim : round.victims) {
    const auto named = listed.find(victim.zone);
    if (named == listed.end()) return make_error(victim.zone, "is named nowhere, but would be reset");
    if (!victims.insert(victim.zone).second) return make_error(victim.zone, "would be reset twice");
    const Extents& extents = named->second;
    if (moved[victim.zone] != extents || victim.live_bytes != bytes_of(extents)) {
      return make_error(victim.zone, "has other live extents");
    }
    moved.erase(victim.zone);
  }
  if (!moved.empty()) return make_error(moved.begin()->first, "would be copied, but is no victim of the round");
  return {};
}

/// `ends_bytes` has where each zone's last filling has ended.
Status check_filling(const Filling& filling, std::map<ZoneNumber, std::uint64_t>& ends_bytes) {
  std::uint64_t& end_bytes = ends_bytes[filling.zone];
  bool whole = filling.start_bytes == end_bytes;
  for (const Move& move : filling.moves) {
    whole = whole && move.new_offset_bytes == end_bytes;
    end_bytes += move.length_bytes;
  }
  return whole ? Status() : make_error(filling.zone, "would be filled with a gap");
}

}  // namespace

Status check_plan(const Plan& plan, const LiveList& list, const std::set<ZoneNumber>& chosen,
                  std::span<const ZoneNumber> destinations) {
  const ExtentsByZone listed = extents_of(list, chosen);
  std::set<ZoneNumber> victims;
  std::set<ZoneNumber> filled;
  std::map<ZoneNumber, std::uint64_t> ends_bytes;
  for (const Round& round : plan.rounds) {
    if (const Status same = check_victims(round, listed, victims); !same) return same;
    for (const Filling& filling : round.fillings) {
      const bool may_be_filled = destinations.empty() || std::find(destinations.begin(), destinations.end(),
                                                                   filling.zone) != destinations.end();
      if (!may_be_filled) return make_error(filling.zone, "is not named by --destination, but would be filled");
      filled.insert(filling.zone);
      if (const Status whole = check_filling(filling, ends_bytes); !whole) return whole;
    }
    for (const PlannedVictim& victim : round.victims) {
      if (filled.contains(victim.zone)) return make_error(victim.zone, "would be filled, and reset afterwards");
    }
  }
  return {};
}

}  // namespace zonecopy::compact
