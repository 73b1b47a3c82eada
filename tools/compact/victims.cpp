#include "tools/compact/victims.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace zonecopy::compact {
namespace {

Error make_error(const std::string& detail, int code = EINVAL) { return Error(code, "plan the compaction", detail); }

Status check_extent(const LiveExtent& extent, const ZoneFiles& zones, const LiveList& list) {
  const auto wrong = [&](const std::string& detail) { return list.make_error(extent.line, detail); };
  const auto found = zones.files.find(extent.zone);
  if (found == zones.files.end()) {
    return wrong(fmt::format("there is no {}; the mount has {} sequential zone files", name_of(extent.zone),
                             zones.files.size()));
  }
  const ZoneFile& file = found->second;
  if (!file.readable && extent.length_bytes > 0) {
    return wrong(name_of(extent.zone) + " is offline and can no longer be read");
  }
  const std::uint64_t block_bytes = zones.block_size_bytes;
  for (const std::uint64_t position : {extent.offset_bytes, extent.length_bytes}) {
    if (position % block_bytes == 0) continue;
    return wrong(fmt::format("{} is no multiple of the block size, {}; zones are copied in whole blocks", position,
                             block_bytes));
  }
  if (extent.offset_bytes > file.size_bytes || extent.length_bytes > file.size_bytes - extent.offset_bytes) {
    return wrong(
        fmt::format("the extent ends beyond the data of {}, which ends at {}", name_of(extent.zone), file.size_bytes));
  }
  return {};
}

/// `extents` are those of one zone, by offset.
Status check_overlaps(const std::vector<LiveExtent>& extents, const LiveList& list) {
  for (std::size_t i = 1; i < extents.size(); ++i) {
    const LiveExtent& before = extents[i - 1];
    const LiveExtent& extent = extents[i];
    if (before.offset_bytes + before.length_bytes <= extent.offset_bytes) continue;
    const bool same = before.offset_bytes == extent.offset_bytes && before.length_bytes == extent.length_bytes;
    const auto [first, second] = std::minmax(before.line, extent.line);
    return list.make_error(
        second, fmt::format("{} the one of {}", same ? "the extent is the same as" : "the extent overlaps with",
                            list.place(first)));
  }
  return {};
}

Victim make_victim(ZoneNumber zone, const ZoneFile& file, const std::vector<LiveExtent>& extents) {
  Victim victim{zone, file.size_bytes, file.capacity_bytes, 0, {}};
  for (const LiveExtent& extent : extents) {
    victim.live_bytes += extent.length_bytes;
    victim.extents.push_back({extent.offset_bytes, extent.length_bytes});
  }
  return victim;
}

/// Why there is nothing to win, or no way to win it; empty for a victim.
std::string reason_to_leave(const Victim& victim, const ZoneFile& file, std::uint64_t block_size_bytes) {
  if (!file.readable) return "it is offline";
  if (!file.writable) return "it is read-only and cannot be reset";
  if (victim.size_bytes == 0) return "it is empty";
  // Zones end at a block; the file ends within one as long as who writes to it has it open.
  if (victim.size_bytes % block_size_bytes != 0) return "somebody is writing to it: it ends within a block";
  return victim.live_bytes == victim.size_bytes ? "there is no garbage in it" : "";
}

/// The extents of each named zone, by offset; an extent of length 0 only names its zone.
Result<std::map<ZoneNumber, std::vector<LiveExtent>>> extents_by_zone(const LiveList& list, const ZoneFiles& zones) {
  std::map<ZoneNumber, std::vector<LiveExtent>> by_zone;
  for (const LiveExtent& extent : list.extents) {
    if (const Status fits = check_extent(extent, zones, list); !fits) return fits.error();
    std::vector<LiveExtent>& extents = by_zone[extent.zone];
    if (extent.length_bytes > 0) extents.push_back(extent);
  }
  for (auto& [zone, extents] : by_zone) {
    const auto by_offset = [](const LiveExtent& a, const LiveExtent& b) { return a.offset_bytes < b.offset_bytes; };
    std::stable_sort(extents.begin(), extents.end(), by_offset);
    if (const Status apart = check_overlaps(extents, list); !apart) return apart.error();
  }
  return by_zone;
}

Status check_chosen(const std::set<ZoneNumber>& chosen, const ZoneFiles& zones) {
  for (const ZoneNumber zone : chosen) {
    const auto found = zones.files.find(zone);
    if (found == zones.files.end()) return make_error(fmt::format("--victim {}: there is no such zone", name_of(zone)));
    if (!found->second.writable) {
      return make_error(fmt::format("--victim {}: it is read-only or offline and cannot be reset", name_of(zone)),
                        EPERM);
    }
  }
  return {};
}

}  // namespace

Result<Victims> find_victims(const LiveList& list, const std::set<ZoneNumber>& chosen, const ZoneFiles& zones) {
  if (const Status possible = check_chosen(chosen, zones); !possible) return possible.error();
  auto by_zone = extents_by_zone(list, zones);
  if (!by_zone) return by_zone.error();
  for (const ZoneNumber zone : chosen) by_zone->try_emplace(zone);
  Victims result;
  for (const auto& [zone, extents] : *by_zone) {
    result.named.insert(zone);
    const ZoneFile& file = zones.files.at(zone);
    Victim victim = make_victim(zone, file, extents);
    std::string reason = reason_to_leave(victim, file, zones.block_size_bytes);
    if (reason.empty()) {
      result.victims.push_back(std::move(victim));
    } else {
      result.left_alone.push_back({zone, std::move(reason)});
    }
  }
  return result;
}

}  // namespace zonecopy::compact
