// Write pointers, followed for devices without Zone Append. Such devices, zoned block devices, do not say either why a zone
// refuses a write. Who writes to a zone has it for itself, so its pointer is known from the first look at it on.
#include "src/target/namespace.h"

namespace zonecopy::target {
namespace {

std::optional<ZoneRefusal> refusal_of(ZoneCondition condition) {
  switch (condition) {
    case ZoneCondition::full: return ZoneRefusal::full;
    case ZoneCondition::read_only: return ZoneRefusal::read_only;
    case ZoneCondition::offline: return ZoneRefusal::offline;
    default: return std::nullopt;
  }
}

}  // namespace

/// Where the next write goes. From now on the pointer is not known, until end_at().
Task<Result<Lba>> Namespace::take_write_pointer(ZoneIndex zone) {
  const auto known = write_pointers_.find(zone);
  if (known != write_pointers_.end()) {
    const Lba lba = known->second;
    write_pointers_.erase(known);
    co_return lba;
  }
  const Result<std::vector<Zone>> zones = co_await device_->report_zones(zone, 1);
  if (!zones) co_return zones.error();
  if (zones->empty()) co_return Error(EIO, "report zones", "the zone is missing").on_device(device_->info().path);
  const std::optional<ZoneRefusal> refusal = refusal_of(zones->front().condition);
  if (refusal) co_return Error(*refusal, "write");
  co_return zones->front().write_pointer_lba;
}

/// To be awaited before data is put to `lba`, with the zone locked.
Task<Status> Namespace::begin_at(Lba lba) {
  if (!facts_.append_by_write) co_return Status();
  Result<Lba> pointer = co_await take_write_pointer(zone_of(lba));
  if (pointer && *pointer == lba) co_return Status();
  // Once more, by a look at the zone: it may have failed since.
  if (pointer) pointer = co_await take_write_pointer(zone_of(lba));
  if (!pointer) co_return pointer.error();
  if (*pointer == lba) co_return Status();
  end_at(zone_of(lba), *pointer);
  co_return Error(ZoneRefusal::invalid_write, "write");
}

/// The write pointer of `zone` is at `lba` now.
void Namespace::end_at(ZoneIndex zone, Lba lba) {
  const bool full = zone_of(lba) != zone || !in_one_zone(lba, 1);
  if (facts_.append_by_write && !full) write_pointers_[zone] = lba;
}

}  // namespace zonecopy::target
