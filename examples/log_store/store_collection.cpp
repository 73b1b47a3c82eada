// What the store does for its collector (collector.h). While records are copied others put and get; so what was true before
// the copy is asked again after it.
#include <fmt/format.h>

#include <algorithm>

#include "examples/log_store/store.h"

namespace log_store {

using zonecopy::Error;
using zonecopy::Result;
using zonecopy::Status;

std::optional<Store::Victim> Store::begin_collection() {
  const std::lock_guard lock(mutex_);
  std::optional<std::size_t> best;
  for (std::size_t zone = 0; zone < zones_.size(); ++zone) {
    const Zone& candidate = zones_[zone];
    // A zone without garbage would only be copied from place to place.
    const bool worth_it = candidate.torn || candidate.live_bytes < candidate.record_bytes;
    if (!worth_it || zone == active_ || zone == survivors_) continue;
    if (!best || candidate.live_bytes < zones_[*best].live_bytes) best = zone;
  }
  if (!best) return std::nullopt;
  victim_ = best;

  std::unordered_map<std::string_view, std::size_t> puts_here;
  for (const Record& record : zones_[*best].records) {
    if (record.kind == Kind::put) ++puts_here[record.key];
  }
  Victim victim{.zone = *best, .live = {}};
  for (const Record& record : zones_[*best].records) {
    if (!is_newest(*best, record)) continue;
    // A tombstone that hides a version in another zone has to outlive it. One that hides nothing, or what is reset with
    // it, may go.
    const bool hides_nothing = index_.at(record.key).puts == puts_here[record.key];
    if (record.kind == Kind::put || !hides_nothing) victim.live.push_back(record);
  }
  return victim;
}

Result<Store::Place> Store::find_place(std::span<const Record> records) {
  const std::lock_guard lock(mutex_);
  if (!survivors_ || zones_[*survivors_].torn ||
      zones_[*survivors_].file->room_bytes() < records.front().length_bytes) {
    const std::vector<std::size_t> free = free_zones();
    if (free.empty()) return Error(ENOSPC, "collect garbage", "no zone is free to copy to");
    if (survivors_) {
      if (Status sealed = zones_[*survivors_].file->seal(!zones_[*survivors_].torn); !sealed) return sealed.error();
    }
    survivors_ = free.front();
  }
  Place place{.zone = *survivors_, .records = 0};
  std::uint64_t room_bytes = zones_[place.zone].file->room_bytes();
  while (place.records < records.size() && records[place.records].length_bytes <= room_bytes) {
    room_bytes -= records[place.records++].length_bytes;
  }
  return place;
}

Status Store::end_copy(std::size_t zone, std::span<const Record> records, Status copied) {
  const std::lock_guard lock(mutex_);
  ZoneFile& file = *zones_[zone].file;
  std::uint64_t offset_bytes = file.size_bytes();
  if (!copied) {
    (void)read_end_of(zone, offset_bytes);  // if this fails too, the first error is the one to tell
    return copied;
  }
  if (Status known = file.was_written(); !known) return known;
  for (Record record : records) {
    record.offset_bytes = offset_bytes;
    offset_bytes += record.length_bytes;
    add_record(zone, std::move(record));
  }
  if (offset_bytes == file.size_bytes()) return {};
  zones_[zone].torn = true;
  return Error(EIO, "collect garbage",
               fmt::format("it ends at {}, not {}: another program writes it", file.size_bytes(), offset_bytes))
      .on_device(file.path());
}

Status Store::end_collection(const Victim& victim, Status copied) {
  // Everything that is not durable yet, not just the copies: a version in the victim that does not count any more may have
  // been replaced by one that still has to reach the device.
  for (std::size_t zone = 0; copied && zone < zones_.size(); ++zone) copied = zones_[zone].file->sync();
  const std::lock_guard lock(mutex_);
  victim_.reset();
  if (!copied) return copied;
  if (Status reset = zones_[victim.zone].file->reset(); !reset) return reset;
  forget_records(victim.zone);
  return {};
}

}  // namespace log_store
