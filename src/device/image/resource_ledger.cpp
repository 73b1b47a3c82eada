#include "src/device/image/image_device.h"

#include <algorithm>

namespace zonecopy::image {

std::uint32_t* ResourceLedger::counter(ZoneCondition condition) {
  switch (condition) {
    case ZoneCondition::implicit_open: return &use_.implicit_open;
    case ZoneCondition::explicit_open: return &use_.explicit_open;
    case ZoneCondition::closed: return limits_.max_active_zones != 0 ? &use_.closed : nullptr;
    case ZoneCondition::not_write_pointer:
    case ZoneCondition::empty:
    case ZoneCondition::full:
    case ZoneCondition::read_only:
    case ZoneCondition::offline: return nullptr;
  }
  return nullptr;
}

void ResourceLedger::note(ZoneIndex zone, ZoneCondition condition) {
  if (limits_.max_open_zones == 0 && limits_.max_active_zones == 0) return;
  const auto entry = entries_.find(zone);
  if (entry != entries_.end()) {
    if (entry->second.condition == condition) return;
    --*counter(entry->second.condition);
    entries_.erase(entry);
  }
  if (std::uint32_t* count = counter(condition)) {
    ++*count;
    entries_.emplace(zone, Entry{condition, ++sequence_});
  }
}

std::vector<ZoneIndex> ResourceLedger::implicit_open() const {
  std::vector<std::pair<std::uint64_t, ZoneIndex>> by_age;
  for (const auto& [zone, entry] : entries_) {
    if (entry.condition == ZoneCondition::implicit_open) by_age.emplace_back(entry.since, zone);
  }
  std::sort(by_age.begin(), by_age.end());
  std::vector<ZoneIndex> zones;
  zones.reserve(by_age.size());
  for (const auto& [since, zone] : by_age) zones.push_back(zone);
  return zones;
}

std::vector<ZoneIndex> ResourceLedger::zones() const {
  std::vector<ZoneIndex> zones;
  zones.reserve(entries_.size());
  for (const auto& [zone, entry] : entries_) zones.push_back(zone);
  return zones;
}

}  // namespace zonecopy::image
