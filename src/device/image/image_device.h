// A zoned image as a device: the state machine decides about zones, a file holds the data.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "src/device/file_copy.h"
#include "src/device/file_transfer.h"
#include "src/device/image/image_open.h"
#include "src/device/image/shared_sync.h"
#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/zone_state.h"

namespace zonecopy::image {

/// Counts open and active zones. For a device without limits it counts nothing.
class ResourceLedger {
 public:
  explicit ResourceLedger(const ResourceLimits& limits) : limits_(limits) {}

  /// Notes that `zone` is now in `condition`.
  void note(ZoneIndex zone, ZoneCondition condition);
  [[nodiscard]] const ResourceUse& use() const { return use_; }
  [[nodiscard]] const ResourceLimits& limits() const { return limits_; }
  /// All zones that are implicitly open, the oldest first.
  [[nodiscard]] std::vector<ZoneIndex> implicit_open() const;
  /// All zones that are counted.
  [[nodiscard]] std::vector<ZoneIndex> zones() const;

 private:
  struct Entry {
    ZoneCondition condition = ZoneCondition::empty;
    std::uint64_t since = 0;  ///< grows with the time at which the zone took its condition
  };
  std::uint32_t* counter(ZoneCondition condition);

  ResourceLimits limits_;
  ResourceUse use_;
  std::unordered_map<ZoneIndex, Entry> entries_;
  std::uint64_t sequence_ = 0;
};

/// Wakes those who wait for a zone that is not in use, after a command has released its lock.
class CommandEnd {
 public:
  explicit CommandEnd(Event& ended) : ended_(ended) {}
  CommandEnd(const CommandEnd&) = delete;
  CommandEnd& operator=(const CommandEnd&) = delete;
  ~CommandEnd() {
    ended_.set();
    ended_.reset();
  }

 private:
  Event& ended_;
};

DeviceInfo describe(const OpenImage& image, FileCopyMechanism mechanism);

class ImageDevice final : public ZonedDevice {
 public:
  /// So many zeros at the write pointer, or more, are left a hole by write_zeroes(). That takes a sync, which fewer
  /// zeros are not worth.
  static constexpr std::uint64_t hole_min_bytes_usual = 1U << 20;

  ImageDevice(EventLoop& loop, OpenImage image, std::uint64_t hole_min_bytes = hole_min_bytes_usual);

  [[nodiscard]] const DeviceInfo& info() const override { return info_; }
  Task<Result<std::vector<Zone>>> report_zones(ZoneIndex first, std::uint32_t count) override;
  Task<Status> read(Lba lba, std::span<std::byte> data) override;
  Task<Status> write(Lba lba, std::span<const std::byte> data) override;
  Task<Status> write_zeroes(Lba lba, std::uint64_t blocks) override;
  Task<Result<Lba>> append(ZoneIndex zone, std::span<const std::byte> data) override;
  Task<CopyOutcome> copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) override;
  [[nodiscard]] CopyRoute copy_route(const ZonedDevice& source) const override;
  Task<Status> manage_zone(ZoneIndex zone, ZoneAction action) override;
  Task<Status> flush() override;
  Status make_writable() override;
  [[nodiscard]] DeviceIdentity identity() const override;

 private:
  [[nodiscard]] bool conventional(ZoneIndex zone) const { return image_.header.conventional(zone); }
  [[nodiscard]] std::uint64_t capacity_of(ZoneIndex zone) const { return image_.header.zone_capacity_of(zone); }
  [[nodiscard]] std::uint64_t offset_of(ZoneIndex zone, std::uint64_t block) const {
    return image_.header.offset_of(info_.zone_start(zone) + block);
  }

  // image_device.cpp
  Task<Status> write_locked(ZoneIndex zone, std::uint64_t offset_blocks, std::span<const std::byte> data,
                            const char* operation);
  Task<CopyOutcome> copy_ranges(ImageDevice& source, const std::vector<ImageStore::SourceRange>& ranges,
                                const CopyCommand& command, const CancelToken* cancel);
  std::optional<CopyFailure> objection_to_copy(const CopyRange& range);
  [[nodiscard]] std::uint64_t blocks_of(const std::vector<ImageStore::SourceRange>& ranges) const;
  Result<std::uint64_t> readable_blocks(ZoneIndex zone, const char* operation);
  [[nodiscard]] std::uint64_t stored_blocks(ZoneIndex zone) const;
  StoreOperation read_with_failure(ZoneIndex zone, std::byte& failure, const FileTransfer<std::byte>& transfer);
  Status judge_failure(ZoneIndex zone, std::int32_t result, std::byte failure);
  Task<Status> reset(ZoneIndex zone);
  Task<Status> finish(ZoneIndex zone);
  Task<Status> open_or_close(ZoneIndex zone, ZoneCondition condition);
  Error make_error(int code, const char* operation, ZoneIndex zone, std::string detail = {}) const;
  Error make_error(ZoneRefusal refusal, const char* operation, ZoneIndex zone) const;
  [[nodiscard]] Status check_range(Lba lba, std::uint64_t blocks, const char* operation) const;

  // image_zones.cpp: states of zones, and the resources that commands take
  [[nodiscard]] ZoneRecord record(ZoneIndex zone) const;
  Result<ZoneState> load(ZoneIndex zone, const char* operation);
  ZoneState apply_failure(ZoneIndex zone, std::byte failure);
  Task<int> write_word(ZoneIndex zone, std::uint64_t value);
  Task<int> store(ZoneIndex zone, ZoneRecord record);
  Task<int> store_again(ZoneIndex zone);
  Result<ZoneTransition> decide(ZoneIndex zone, const ZoneRequest& request, const char* operation);
  Task<Status> begin_write(ZoneIndex zone, ZoneRequest request, const char* operation);
  Task<Status> end_write(ZoneIndex zone, std::uint64_t blocks, bool synced, const char* operation);
  Task<Status> take_resources(ZoneIndex zone, ZoneRequest request, ZoneCondition condition, const char* operation);
  Task<Status> close_another(const char* operation);

  // image_zeros.cpp
  Task<int> store_zeros(std::uint64_t offset_bytes, std::uint64_t length_bytes);
  Task<Status> write_zeroes_locked(ZoneIndex zone, std::uint64_t offset_blocks, std::uint64_t blocks);
  Task<Status> leave_hole(ZoneIndex zone, std::uint64_t blocks);
  Task<Status> zero_conventional(ZoneIndex zone, std::uint64_t offset_blocks, std::uint64_t blocks);

  // image_tail.cpp: the blocks above a write pointer, and the effects of a power cut
  enum class Tail : std::uint8_t {
    unknown,
    hole,   ///< a hole; see `punched_` for whether it is on the media
    stale,  ///< may hold old data, as the file system cannot punch holes
  };
  Task<Status> clear_tail(ZoneIndex zone, const char* operation);
  Task<Status> zero_tail(ZoneIndex zone, const char* operation);
  Task<void> punch(ZoneIndex zone, std::uint64_t from_block);
  Task<int> settle_tail(ZoneIndex zone);
  Task<Result<bool>> keep_holes(ZoneIndex zone, std::uint64_t blocks, Result<std::uint64_t> hole_bytes);
  Result<std::uint64_t> found_block(ZoneIndex zone, std::uint64_t from_block, std::uint64_t blocks,
                                    std::uint64_t found_bytes) const;
  /// The first block of data, or of a hole, among `blocks` of the zone from `from_block` on; their end if there is
  /// none.
  Task<Result<std::uint64_t>> find(ImageStore::Seek what, ZoneIndex zone, std::uint64_t from_block,
                                   std::uint64_t blocks);
  struct Unsynced {
    ZoneIndex zone = 0;
    std::uint64_t number = 0;
    std::uint64_t written_blocks = 0;
  };
  void note_unsynced(ZoneIndex zone) { unsynced_.try_emplace(zone, ++unsynced_numbers_); }
  [[nodiscard]] std::vector<Unsynced> unsynced() const;
  std::vector<ZoneIndex> note_synced(const std::vector<Unsynced>& before);
  Task<int> sync();

  EventLoop& loop_;
  OpenImage image_;
  DeviceInfo info_;
  std::uint64_t hole_min_bytes_;
  ResourceLedger ledger_;
  KeyedLocks locks_;      ///< by zone: one position-dependent command at a time
  KeyedLocks admission_;  ///< key 0: one command at a time takes an open or active resource
  KeyedLocks words_;      ///< by zone: one write of its word in the table at a time
  Event command_ended_;   ///< set for a moment when a command has released its zone
  SharedSync syncs_;
  std::vector<Tail> tails_;  ///< by zone: what is above its write pointer
  /// Zones whose tail was punched, and the sync that covers it: no write pointer may pass the hole before that.
  std::unordered_map<ZoneIndex, std::uint64_t> punched_;
  /// Zones with blocks that are not synced. Each has a number, which a reset changes.
  std::unordered_map<ZoneIndex, std::uint64_t> unsynced_;
  std::uint64_t unsynced_numbers_ = 0;
  std::uint64_t syncs_failed_ = 0;
  std::uint64_t failures_mended_ = 0;  ///< failed syncs that were made up for; see sync()
  /// Zones with blocks for which a sync has failed. A later sync that succeeds does not prove that they are on the
  /// media.
  std::set<ZoneIndex> distrusted_;
};

}  // namespace zonecopy::image
