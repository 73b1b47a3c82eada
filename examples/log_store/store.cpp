#include "examples/log_store/store.h"

#include <fmt/format.h>

#include <algorithm>

namespace log_store {

using zonecopy::Error;
using zonecopy::Result;
using zonecopy::Status;

namespace {

// Nobody takes the last free zones but who needs them to make others free: a put leaves two, a removal, which makes garbage,
// leaves one, and the collector takes the last, since its victim is free afterwards.
constexpr std::size_t left_by_put = 2;
constexpr std::size_t left_by_removal = 1;

}  // namespace

Status Store::put(std::string_view key, std::string_view value) {
  const std::lock_guard lock(mutex_);
  return append(Kind::put, key, value);
}

Status Store::remove(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(std::string(key));
  if (found == index_.end() || found->second.newest.kind == Kind::tombstone) return {};
  return append(Kind::tombstone, key, {});
}

Result<std::optional<std::string>> Store::get(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(std::string(key));
  if (found == index_.end() || found->second.newest.kind == Kind::tombstone) return std::optional<std::string>();
  const Record& record = found->second.newest;
  const ZoneFile& file = *zones_[found->second.zone].file;
  const zonecopy::Buffer data(record.length_bytes);
  if (Status read = file.read(record.offset_bytes, data.span()); !read) return read.error();
  const auto header = decode_header(data.span());
  if (!header || !is_intact(*header, data.span()) || key_of(*header, data.span()) != key) {
    return Error(EIO, "get", fmt::format("the record at {} is damaged", record.offset_bytes)).on_device(file.path());
  }
  return std::optional(std::string(value_of(*header, data.span())));
}

std::vector<std::string> Store::keys() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> keys;
  for (const auto& [key, versions] : index_) {
    if (versions.newest.kind == Kind::put) keys.push_back(key);
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

Statistics Store::statistics() {
  const std::lock_guard lock(mutex_);
  Statistics statistics{.zones = zones_.size(), .zones_free = free_zones().size()};
  for (const auto& [key, versions] : index_) statistics.keys += versions.newest.kind == Kind::put ? 1 : 0;
  for (const Zone& zone : zones_) {
    statistics.written_bytes += zone.file->size_bytes();
    statistics.live_bytes += zone.live_bytes;
  }
  return statistics;
}

std::size_t Store::free_zone_count() {
  const std::lock_guard lock(mutex_);
  return free_zones().size();
}

std::uint64_t Store::capacity_bytes() const {
  std::uint64_t bytes = 0;
  for (const Zone& zone : zones_) bytes += zone.file->capacity_bytes();
  return bytes;
}

Status Store::append(Kind kind, std::string_view key, std::string_view value) {
  if (key.empty() || key.size() > key_bytes_max) {
    return Error(EINVAL, "put", fmt::format("a key has 1 to {} bytes, not {}", key_bytes_max, key.size()));
  }
  const std::uint64_t length_bytes = record_bytes(key.size(), value.size(), zones_.front().file->block_bytes());
  if (length_bytes > zones_.front().file->capacity_bytes()) {
    return Error(EFBIG, "put", fmt::format("a record of {} bytes is larger than a zone", length_bytes));
  }
  if (Status room = make_room(length_bytes, kind == Kind::put ? left_by_put : left_by_removal); !room) return room;

  ZoneFile& file = *zones_[*active_].file;
  Record record{std::string(key), next_sequence_, file.size_bytes(), length_bytes, kind};
  const zonecopy::Buffer data = encode(kind, record.sequence, key, value, file.block_bytes());
  if (Status written = file.append(data.span()); !written) {
    // What there is of the record stays. It may even be whole: then it counts, as it will when the log is read again.
    if (Status known = read_end_of(*active_, record.offset_bytes); !known) zones_[*active_].torn = true;
    return written;
  }
  add_record(*active_, std::move(record));
  return options_.durable ? file.sync() : Status();
}

/// Room in the active zone, which may become another one.
Status Store::make_room(std::uint64_t length_bytes, std::size_t zones_left) {
  if (active_ && !zones_[*active_].torn && zones_[*active_].file->room_bytes() >= length_bytes) return {};
  const std::vector<std::size_t> free = free_zones();
  if (free.size() <= zones_left) return Error(ENOSPC, "put", "no zone is free");
  if (active_) {
    // Not durable() alone: who resets a zone later has to know that what was here is on the device.
    if (Status sealed = zones_[*active_].file->seal(!zones_[*active_].torn); !sealed) return sealed;
  }
  active_ = free.front();
  return {};
}

}  // namespace log_store
