// A log-structured key-value store on the zone files of a mounted zonecopyfs.
//
// Each version of a key is appended to the log as a record (record.h); nothing is ever written over. Where the newest
// version of each key lies is kept in memory, and found again at open by reading the log. A zone that is full of old
// versions is emptied by the garbage collector (collector.h): it copies the records that still count to another zone, and
// resets the first.
//
// What holds, whenever the program or the machine stops:
//   - A version that was acknowledged as durable is found again, or a newer one.
//   - What is found is a record that was written whole. The record that a crash has cut off is at the end of a zone, and is
//     dropped; such a zone is not written any more.
//   - A zone is reset only when whatever made its records superfluous is durable: copies, and newer versions. A crash
//     between copy and reset leaves a record twice, with the same sequence number; either may be used.
//   - A key that was deleted stays so. A deletion is a record too (a tombstone), and is dropped only with the zone that has
//     the last older version of the key, or after that.
//
// All functions may be called by several threads.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "examples/log_store/record.h"
#include "examples/log_store/zone_file.h"
#include "zonecopy/result.h"

namespace log_store {

struct StoreOptions {
  std::string directory;  ///< of the zone files: MOUNTPOINT/seq
  std::uint32_t first_zone = 0;
  std::uint32_t last_zone = 0;
  bool durable = true;  ///< put() and remove() return when the record is on the device
};

struct Statistics {
  std::size_t keys = 0;
  std::size_t zones = 0;
  std::size_t zones_free = 0;
  std::uint64_t written_bytes = 0;  ///< in all zones
  std::uint64_t live_bytes = 0;     ///< of these, in records that still count
};

class Store {
 public:
  /// Reads the log. EBUSY: another process has these zones. EINVAL, EIO: what is in a zone is no log.
  static zonecopy::Result<std::unique_ptr<Store>> open(StoreOptions options);

  /// ENOSPC: no zone is free; collect garbage, and try again. EINVAL: a key that is empty or too long. EFBIG: the record is
  /// larger than a zone.
  zonecopy::Status put(std::string_view key, std::string_view value);
  /// Of a key that is not there too.
  zonecopy::Status remove(std::string_view key);
  /// Nothing if there is no such key. EIO: the record is damaged.
  zonecopy::Result<std::optional<std::string>> get(std::string_view key);
  /// In their order.
  [[nodiscard]] std::vector<std::string> keys();
  [[nodiscard]] Statistics statistics();
  [[nodiscard]] std::size_t free_zone_count();
  /// Of all zones.
  [[nodiscard]] std::uint64_t capacity_bytes() const;

  // --- For the collector, which is in the middle between these calls, while others put and get. store_collection.cpp

  /// The zone that is to be emptied, and its records that still count, in their order.
  struct Victim {
    std::size_t zone = 0;
    std::vector<Record> live;
  };
  /// The zone with the least live data; none if there is no garbage in any.
  std::optional<Victim> begin_collection();
  /// Where the first of `records` go, and how many of them fit there. ENOSPC: nowhere.
  struct Place {
    std::size_t zone = 0;
    std::size_t records = 0;
  };
  zonecopy::Result<Place> find_place(std::span<const Record> records);
  /// The records have been copied to the end of the zone; or, if `copied` is an error, which is returned, a part of them.
  zonecopy::Status end_copy(std::size_t zone, std::span<const Record> records, zonecopy::Status copied);
  /// All records have been: makes that durable, and resets the victim. If `copied` is an error, the victim is left as it is.
  zonecopy::Status end_collection(const Victim& victim, zonecopy::Status copied);
  [[nodiscard]] ZoneFile& file(std::size_t zone) { return *zones_[zone].file; }

 private:
  struct Zone {
    std::unique_ptr<ZoneFile> file;
    std::vector<Record> records;
    std::uint64_t record_bytes = 0;  ///< of all records
    std::uint64_t live_bytes = 0;    ///< of those that still count
    bool torn = false;               ///< its end is no whole record: not written until it has been reset
  };
  /// What is known of a key that has records.
  struct Versions {
    std::size_t zone = 0;  ///< of the newest version
    Record newest;
    std::size_t puts = 0;  ///< in all zones, old ones too
    /// A tombstone is of use while there is a put that it hides.
    [[nodiscard]] bool counts() const { return newest.kind == Kind::put || puts > 0; }
  };

  explicit Store(StoreOptions options) : options_(std::move(options)) {}
  // store_recovery.cpp
  zonecopy::Status open_zones();
  zonecopy::Status read_log();
  zonecopy::Status read_end_of(std::size_t zone, std::uint64_t offset_bytes);
  void go_on_writing();
  // store.cpp
  zonecopy::Status append(Kind kind, std::string_view key, std::string_view value);
  zonecopy::Status make_room(std::uint64_t length_bytes, std::size_t zones_left);
  // store_index.cpp
  void add_record(std::size_t zone, Record record);
  void forget_records(std::size_t zone);
  [[nodiscard]] bool is_newest(std::size_t zone, const Record& record) const;
  [[nodiscard]] std::vector<std::size_t> free_zones() const;

  StoreOptions options_;
  std::mutex mutex_;  ///< of all that follows; the collector's copies and syncs run without it
  std::vector<Zone> zones_;
  std::unordered_map<std::string, Versions> index_;
  std::uint64_t next_sequence_ = 1;
  std::optional<std::size_t> active_;     ///< where put() appends
  std::optional<std::size_t> survivors_;  ///< where the collector does, so that old records do not mix with new ones
  std::optional<std::size_t> victim_;     ///< the zone that is being emptied
};

}  // namespace log_store
