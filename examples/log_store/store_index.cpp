// What is known of the records: which version of a key is the newest, and how much of each zone still counts.
#include "examples/log_store/store.h"

#include <algorithm>

namespace log_store {

void Store::add_record(std::size_t zone, Record record) {
  next_sequence_ = std::max(next_sequence_, record.sequence + 1);
  zones_[zone].record_bytes += record.length_bytes;

  Versions& versions = index_[record.key];
  const bool known = versions.newest.length_bytes > 0;
  if (known && versions.counts()) zones_[versions.zone].live_bytes -= versions.newest.length_bytes;
  if (record.kind == Kind::put) ++versions.puts;
  // Of two copies of a version the one that is added last is used: that is how the collector's copies take over.
  if (!known || record.sequence >= versions.newest.sequence) {
    versions.zone = zone;
    versions.newest = record;
  }
  if (versions.counts()) zones_[versions.zone].live_bytes += versions.newest.length_bytes;
  zones_[zone].records.push_back(std::move(record));
}

/// The zone has been reset.
void Store::forget_records(std::size_t zone) {
  for (const Record& record : zones_[zone].records) {
    const auto found = index_.find(record.key);
    if (found == index_.end()) continue;
    Versions& versions = found->second;
    if (versions.counts()) zones_[versions.zone].live_bytes -= versions.newest.length_bytes;
    if (record.kind == Kind::put) --versions.puts;
    if (is_newest(zone, record)) {
      // It was not copied, and so it was a tombstone that hid nothing elsewhere.
      index_.erase(found);
    } else if (versions.counts()) {
      zones_[versions.zone].live_bytes += versions.newest.length_bytes;
    }
  }
  zones_[zone].records.clear();
  zones_[zone].record_bytes = zones_[zone].live_bytes = 0;
  zones_[zone].torn = false;
}

bool Store::is_newest(std::size_t zone, const Record& record) const {
  const auto found = index_.find(record.key);
  return found != index_.end() && found->second.zone == zone &&
         found->second.newest.offset_bytes == record.offset_bytes;
}

std::vector<std::size_t> Store::free_zones() const {
  std::vector<std::size_t> free;
  for (std::size_t zone = 0; zone < zones_.size(); ++zone) {
    if (zones_[zone].file->size_bytes() == 0 && zone != active_ && zone != survivors_ && zone != victim_)
      free.push_back(zone);
  }
  return free;
}

}  // namespace log_store
