#include "tests/support/device/sim_zones.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace zonecopy::test {

namespace {

ZoneType type_of(char letter) {
  if (letter == 'C') return ZoneType::conventional;
  return letter == 'P' ? ZoneType::sequential_preferred : ZoneType::sequential_required;
}

bool bad(ZoneCondition condition) {
  return condition == ZoneCondition::read_only || condition == ZoneCondition::offline;
}

}  // namespace

SimZones::SimZones(const SimSpec& spec)
    : limits_(spec.resource_limits),
      zone_size_blocks_(spec.zone_size_blocks),
      block_size_bytes_(spec.block_size_bytes) {
  for (std::size_t index = 0; index < spec.layout.size(); ++index) {
    const bool last = index + 1 == spec.layout.size();
    SimZone made;
    made.zone.index = static_cast<ZoneIndex>(index);
    made.zone.type = type_of(spec.layout[index]);
    made.zone.condition = made.zone.sequential() ? ZoneCondition::empty : ZoneCondition::not_write_pointer;
    made.zone.start_lba = index * spec.zone_size_blocks;
    made.zone.length_blocks = last && spec.last_zone_blocks != 0 ? spec.last_zone_blocks : spec.zone_size_blocks;
    made.zone.capacity_blocks =
        made.zone.sequential() ? std::min(spec.zone_capacity_blocks, made.zone.length_blocks) : made.zone.length_blocks;
    made.zone.write_pointer_lba = made.zone.start_lba;
    made.data.resize(made.zone.length_blocks * spec.block_size_bytes);
    zones_.push_back(std::move(made));
  }
}

std::uint64_t SimZones::capacity_blocks() const {
  return zones_.back().zone.start_lba + zones_.back().zone.length_blocks;
}

std::uint32_t SimZones::open_zones() const {
  const auto open = [](const SimZone& each) { return is_open(each.zone.condition); };
  return static_cast<std::uint32_t>(std::count_if(zones_.begin(), zones_.end(), open));
}

std::uint32_t SimZones::active_zones() const {
  const auto active = [](const SimZone& each) { return is_active(each.zone.condition); };
  return static_cast<std::uint32_t>(std::count_if(zones_.begin(), zones_.end(), active));
}

bool SimZones::evict_implicitly_open() {
  for (SimZone& each : zones_) {
    if (each.zone.condition != ZoneCondition::implicit_open) continue;
    each.zone.condition = ZoneCondition::closed;
    return true;
  }
  return false;
}

/// The open and the active resource a zone needs that is about to be open (NVMe ZNS 1.1, 2.1.1.3).
int SimZones::take_resources(ZoneIndex index) {
  const ZoneCondition condition = zones_[index].zone.condition;
  if (is_open(condition)) return 0;
  const bool needs_active = condition == ZoneCondition::empty;
  if (needs_active && limits_.max_active_zones != 0 && active_zones() >= limits_.max_active_zones) return EOVERFLOW;
  const bool none_free = limits_.max_open_zones != 0 && open_zones() >= limits_.max_open_zones;
  if (none_free && !evict_implicitly_open()) return ETOOMANYREFS;
  return 0;
}

int SimZones::begin_write(Lba lba, std::uint64_t blocks) {
  const ZoneIndex index = zone_of(lba);
  Zone& zone = zones_[index].zone;
  if (zone.condition == ZoneCondition::offline) return EIO;
  if (zone.condition == ZoneCondition::read_only) return EROFS;
  if (!zone.sequential()) return 0;
  if (zone.condition == ZoneCondition::full) return EFBIG;
  if (lba != zone.write_pointer_lba) return EIO;
  if (lba + blocks > zone.end_lba()) return EFBIG;
  if (const int refused = take_resources(index); refused != 0) return refused;
  if (zone.condition != ZoneCondition::explicit_open) zone.condition = ZoneCondition::implicit_open;
  return 0;
}

int SimZones::open(ZoneIndex index) {
  Zone& zone = zones_[index].zone;
  if (!zone.sequential() || bad(zone.condition) || zone.condition == ZoneCondition::full) return EINVAL;
  if (const int refused = take_resources(index); refused != 0) return refused;
  zone.condition = ZoneCondition::explicit_open;
  return 0;
}

int SimZones::close(ZoneIndex index) {
  Zone& zone = zones_[index].zone;
  if (!is_active(zone.condition)) return EINVAL;
  // A zone that is closed empty stays active, as with NVMe: a host that forgets to reset it runs out of zones.
  zone.condition = ZoneCondition::closed;
  return 0;
}

int SimZones::finish(ZoneIndex index) {
  Zone& zone = zones_[index].zone;
  if (!zone.sequential() || bad(zone.condition)) return EINVAL;
  zone.condition = ZoneCondition::full;
  zone.write_pointer_lba = zone.end_lba();
  zones_[index].disturbed = false;
  return 0;
}

int SimZones::reset(ZoneIndex index) {
  Zone& zone = zones_[index].zone;
  if (!zone.sequential() || bad(zone.condition)) return EINVAL;
  zone.condition = ZoneCondition::empty;
  zone.write_pointer_lba = zone.start_lba;
  std::fill(zones_[index].data.begin(), zones_[index].data.end(), std::byte{0});
  zones_[index].disturbed = false;
  return 0;
}

int SimZones::readable(Lba lba, std::uint64_t blocks) const {
  for (ZoneIndex index = zone_of(lba); index <= zone_of(lba + blocks - 1); ++index) {
    if (zones_[index].zone.condition == ZoneCondition::offline) return EIO;
  }
  return 0;
}

std::span<std::byte> SimZones::bytes_of(SimZone& zone, Lba lba, std::uint64_t blocks) const {
  const std::uint64_t offset_blocks = lba - zone.zone.start_lba;
  const std::uint64_t inside = std::min(blocks, zone.zone.length_blocks - offset_blocks);
  return std::span<std::byte>(zone.data).subspan(offset_blocks * block_size_bytes_, inside * block_size_bytes_);
}

void SimZones::store(Lba lba, std::span<const std::byte> data) {
  while (!data.empty()) {
    SimZone& to = zones_[zone_of(lba)];
    const std::span<std::byte> place = bytes_of(to, lba, data.size() / block_size_bytes_);
    std::memcpy(place.data(), data.data(), place.size());
    data = data.subspan(place.size());
    lba += place.size() / block_size_bytes_;
    if (!to.zone.sequential()) continue;
    to.zone.write_pointer_lba = lba;
    if (lba == to.zone.end_lba()) to.zone.condition = ZoneCondition::full;
  }
}

void SimZones::load(Lba lba, std::span<std::byte> data) const {
  while (!data.empty()) {
    auto& from = const_cast<SimZone&>(zones_[zone_of(lba)]);
    const std::span<const std::byte> place = bytes_of(from, lba, data.size() / block_size_bytes_);
    std::memcpy(data.data(), place.data(), place.size());
    data = data.subspan(place.size());
    lba += place.size() / block_size_bytes_;
  }
}

void SimZones::foreign_write(ZoneIndex index, std::uint64_t blocks) {
  SimZone& to = zones_[index];
  if (!to.zone.sequential() || bad(to.zone.condition) || to.zone.condition == ZoneCondition::full) return;
  const std::uint64_t written = std::min(blocks, to.zone.end_lba() - to.zone.write_pointer_lba);
  const std::vector<std::byte> data(written * block_size_bytes_, std::byte{0xfe});
  if (to.zone.condition == ZoneCondition::empty && written != 0) to.zone.condition = ZoneCondition::closed;
  store(to.zone.write_pointer_lba, data);
  to.disturbed = true;
}

void SimZones::turn(ZoneIndex index, ZoneCondition condition) {
  Zone& zone = zones_[index].zone;
  zone.condition = condition;
  if (condition == ZoneCondition::full) zone.write_pointer_lba = zone.end_lba();
  zones_[index].disturbed = true;
}

void SimZones::heal(ZoneIndex index) {
  SimZone& healed = zones_[index];
  healed.disturbed = false;
  if (!bad(healed.zone.condition)) return;
  if (!healed.zone.sequential()) {
    healed.zone.condition = ZoneCondition::not_write_pointer;
    return;
  }
  // Full or empty need no resource, so that a healed zone cannot break the device's limits.
  if (healed.zone.write_pointer_lba == healed.zone.start_lba) {
    healed.zone.condition = ZoneCondition::empty;
  } else {
    healed.zone.condition = ZoneCondition::full;
    healed.zone.write_pointer_lba = healed.zone.end_lba();
  }
}

}  // namespace zonecopy::test
