// Reading the log: all that the store knows is found in the zones.
//
// The order in which they are read does not matter, since records have sequence numbers. Each zone is read from its start,
// record by record, to its end, which is the zone's write pointer. There are three kinds of ends:
//   - Behind a whole record: writing can go on there.
//   - In the middle of a record, which a crash has cut off: it was never acknowledged, and is dropped.
//   - Zeros: the zone was finished before it was full, or somebody has made it longer. Nothing is written behind them, as
//     nobody would find it.
// Anything else is damage, and an error, since what follows it cannot be found.
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <utility>

#include "examples/log_store/store.h"

namespace log_store {

using zonecopy::Buffer;
using zonecopy::Error;
using zonecopy::Result;
using zonecopy::Status;

namespace {

constexpr std::size_t zones_min = 4;  // one for puts, one for what the collector keeps, one to empty, one that is free
constexpr std::uint64_t window_bytes = 1U << 20;

struct Log {
  std::vector<Record> records;
  bool torn = false;
};

bool is_zero(std::span<const std::byte> data) {
  return std::all_of(data.begin(), data.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

Error damage_error(const ZoneFile& file, std::uint64_t offset_bytes) {
  return Error(EIO, "read log",
               fmt::format("what is at {} is no record, or a damaged one; if nothing in the zone is wanted, empty it: "
                           "truncate -s 0 {}",
                           offset_bytes, file.path()))
      .on_device(file.path());
}

/// The records of the zone from `offset_bytes` on.
Result<Log> read_records(const ZoneFile& file, std::uint64_t offset_bytes) {
  Log log;
  Buffer window(window_bytes);
  std::span<const std::byte> data;  // what the window has of the zone from offset_bytes on
  while (offset_bytes < file.size_bytes()) {
    const std::uint64_t left_bytes = file.size_bytes() - offset_bytes;
    const auto header = decode_header(data);
    const std::uint64_t length_bytes =
        header ? record_bytes(header->key_bytes, header->value_bytes, file.block_bytes()) : file.block_bytes();
    if (header && length_bytes > left_bytes) {
      log.torn = true;
      break;
    }
    if (length_bytes > data.size()) {
      const std::uint64_t wanted_bytes = std::min(std::max(length_bytes, window_bytes), left_bytes);
      if (wanted_bytes > window.size()) window = Buffer(wanted_bytes);
      if (Status read = file.read(offset_bytes, window.first(wanted_bytes)); !read) return read.error();
      data = window.first(wanted_bytes);
      continue;
    }
    if (!header && is_zero(data.first(length_bytes))) {
      log.torn = file.room_bytes() > 0;
      break;
    }
    if (!header || !is_intact(*header, data)) return damage_error(file, offset_bytes);
    log.records.push_back(
        {std::string(key_of(*header, data)), header->sequence, offset_bytes, length_bytes, header->kind});
    offset_bytes += length_bytes;
    data = data.subspan(length_bytes);
  }
  return log;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  std::unique_ptr<Store> store(new Store(std::move(options)));
  if (Status opened = store->open_zones(); !opened) return opened.error();
  if (Status read = store->read_log(); !read) return read.error();
  store->go_on_writing();
  return store;
}

Status Store::open_zones() {
  if (options_.last_zone < options_.first_zone || options_.last_zone - options_.first_zone + 1 < zones_min) {
    return Error(EINVAL, "open log", fmt::format("a log needs at least {} zones", zones_min));
  }
  for (std::uint32_t number = options_.first_zone; number <= options_.last_zone; ++number) {
    auto file = ZoneFile::open(fmt::format("{}/{}", options_.directory, number));
    if (!file) return file.error();
    // Each is locked: two stores whose zones overlap would take each other's for their own.
    if (::flock((*file)->read_descriptor(), LOCK_EX | LOCK_NB) != 0) {
      return Error(errno == EWOULDBLOCK ? EBUSY : errno, "lock zone", "another process uses it")
          .on_device((*file)->path());
    }
    zones_.emplace_back().file = std::move(*file);
  }
  return {};
}

Status Store::read_log() {
  struct Part {
    std::size_t zone;
    Log log;
  };
  std::vector<Part> parts;
  for (std::size_t zone = 0; zone < zones_.size(); ++zone) {
    auto log = read_records(*zones_[zone].file, 0);
    if (!log) return log.error();
    zones_[zone].torn = log->torn;
    parts.push_back({zone, std::move(*log)});
  }
  // Where a collection was cut off, records are there twice, and those that are added last are used. So the torn zone, which
  // has some of its victim's records, comes first: nothing in it counts then, and it can be reset without another free zone.
  std::stable_sort(parts.begin(), parts.end(), [](const Part& one, const Part& other) {
    if (one.log.torn != other.log.torn) return one.log.torn;
    return one.log.records.size() < other.log.records.size();
  });
  for (Part& part : parts) {
    for (Record& record : part.log.records) add_record(part.zone, std::move(record));
  }
  return {};
}

/// After a write that failed: takes in what there is from `offset_bytes` on. The zone is not written any more.
Status Store::read_end_of(std::size_t zone, std::uint64_t offset_bytes) {
  zones_[zone].torn = true;
  if (Status known = zones_[zone].file->was_written(); !known) return known;
  auto log = read_records(*zones_[zone].file, offset_bytes);
  if (!log) return log.error();
  for (Record& record : log->records) add_record(zone, std::move(record));
  return {};
}

/// Puts go on in the zone that has the newest record, and the collector in another one, where these have room.
void Store::go_on_writing() {
  std::vector<std::pair<std::uint64_t, std::size_t>> begun;  // with the newest sequence number of each
  for (std::size_t zone = 0; zone < zones_.size(); ++zone) {
    const ZoneFile& file = *zones_[zone].file;
    if (zones_[zone].torn || zones_[zone].records.empty() || file.room_bytes() == 0) continue;
    const auto newest = std::max_element(zones_[zone].records.begin(), zones_[zone].records.end(),
                                         [](const Record& a, const Record& b) { return a.sequence < b.sequence; });
    begun.emplace_back(newest->sequence, zone);
  }
  std::sort(begun.rbegin(), begun.rend());
  if (!begun.empty()) active_ = begun[0].second;
  if (begun.size() > 1) survivors_ = begun[1].second;
}

}  // namespace log_store
