// The zoned image as a device: zone rules from the state machine, data in a file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "device/file_copy.h"
#include "device/image_file.h"
#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/zone_state.h"

namespace zonecopy::image {

/// Counts the open and active zones of a device with limits. A device without limits counts nothing.
class ResourceLedger {
 public:
  explicit ResourceLedger(const ResourceLimits& limits) : limits_(limits) {}

  /// Zone `zone` is now in `condition`, whatever it was before.
  void note(ZoneIndex zone, ZoneCondition condition);
  [[nodiscard]] const ResourceUse& use() const { return use_; }
  [[nodiscard]] const ResourceLimits& limits() const { return limits_; }
  /// The zone that has been implicitly open for the longest time.
  [[nodiscard]] std::optional<ZoneIndex> oldest_implicit_open() const;
  /// The zones that are counted.
  [[nodiscard]] std::vector<ZoneIndex> zones() const;

 private:
  struct Entry {
    ZoneCondition condition = ZoneCondition::empty;
    std::uint64_t since = 0;  ///< orders the entries by when they took the condition
  };
  std::uint32_t* counter(ZoneCondition condition);

  ResourceLimits limits_;
  ResourceUse use_;
  std::unordered_map<ZoneIndex, Entry> entries_;
  std::uint64_t sequence_ = 0;
};

/// What the file system that holds the image can do to copy within it.
FileCopyMechanism probe(const ImageFile& file);
DeviceInfo describe(const ImageFile& file, FileCopyMechanism mechanism);

class ImageDevice final : public ZonedDevice {
 public:
  ImageDevice(EventLoop& loop, ImageFile file);

  /// What a drive does when it gets power: zones that were open are closed, or empty if nothing was written. Also
  /// clears away what an interrupted write left above their write pointers.
  Status recover();

  [[nodiscard]] const DeviceInfo& info() const override { return info_; }
  Task<Result<std::vector<Zone>>> report_zones(ZoneIndex first, std::uint32_t count) override;
  Task<Status> read(Lba lba, std::span<std::byte> data) override;
  Task<Status> write(Lba lba, std::span<const std::byte> data) override;
  Task<Result<Lba>> append(ZoneIndex zone, std::span<const std::byte> data) override;
  Task<CopyOutcome> copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) override;
  [[nodiscard]] bool can_copy_from(const ZonedDevice& source) const override;
  Task<Status> manage_zone(ZoneIndex zone, ZoneAction action) override;
  Task<Status> flush() override;

 private:
  [[nodiscard]] bool conventional(ZoneIndex zone) const { return file_.header.conventional(zone); }
  /// The state in the table. The ledger follows, for the table can be changed by another process.
  ZoneState load(ZoneIndex zone);
  /// False if the state was changed by another process meanwhile.
  bool store(ZoneIndex zone, const ZoneState& from, const ZoneState& to);

  /// Asks the state machine, and closes another zone where a resource is needed.
  Result<ZoneState> decide(ZoneIndex zone, const ZoneRequest& request, const char* operation);
  /// Closes the zone that has been implicitly open for the longest time.
  void make_room();
  /// Before data goes to a zone: checks, and opens it.
  Status begin_write(ZoneIndex zone, const ZoneRequest& request, const char* operation);
  /// After `blocks` more are in the file: moves the write pointer.
  Status end_write(ZoneIndex zone, std::uint64_t blocks, const char* operation);
  Task<Status> write_locked(ZoneIndex zone, std::uint64_t offset_blocks, std::span<const std::byte> data,
                            const char* operation);

  Task<Status> read_file(Lba lba, std::span<std::byte> data);
  Task<Status> write_file(Lba lba, std::span<const std::byte> data, const char* operation);
  Task<Status> discard(ZoneIndex zone, std::uint64_t from_block, const char* operation);
  Task<CopyOutcome> copy_one_range(ImageDevice& source, const CopyRange& range, Lba destination_lba,
                                   const CancelToken* cancel);
  Task<FileCopyOutcome> copy_in_file(ImageDevice& source, const CopyRange& range, Lba destination_lba,
                                     const CancelToken* cancel);
  Result<std::uint64_t> readable_blocks(ZoneIndex zone, const char* operation);

  Error error(int code, const char* operation, ZoneIndex zone, std::string detail = {}) const;
  Status check_range(Lba lba, std::uint64_t blocks, const char* operation) const;

  EventLoop& loop_;
  ImageFile file_;
  DeviceInfo info_;
  ResourceLedger ledger_;
  KeyedLocks locks_;  ///< by zone: position-dependent commands one after the other
  FileCopyMechanism mechanism_ = FileCopyMechanism::none;
};

}  // namespace zonecopy::image
