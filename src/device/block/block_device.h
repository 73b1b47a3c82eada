// A zoned block device (SMR disks, null_blk, device-mapper, NVMe without passthrough): libzbd for the zones, io_uring
// for the data.
#pragma once

#include <cstdint>
#include <string>

#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/file_descriptor.h"

namespace zonecopy::block {

struct OpenBlockDevice {
  FileDescriptor claim;  ///< O_EXCL, so that nobody mounts the device beside us
  FileDescriptor data;   ///< O_DIRECT: zones are written in order only past the page cache
  FileDescriptor zones;  ///< libzbd's
  DeviceInfo info;
  bool write_protected = false;
};

/// EBUSY while mounted or held, EACCES, EOPNOTSUPP for a device that is not zoned. Without `exclusive` it can be looked
/// at only.
/// With `read_only`, one that is write-protected will do.
Result<OpenBlockDevice> open_block_device(const std::string& path, bool exclusive, bool read_only);

class BlockDevice final : public ZonedDevice {
 public:
  BlockDevice(EventLoop& loop, OpenBlockDevice opened) : loop_(loop), opened_(std::move(opened)) {}

  [[nodiscard]] const DeviceInfo& info() const override { return opened_.info; }
  Task<Result<std::vector<Zone>>> report_zones(ZoneIndex first, std::uint32_t count) override;
  Task<Status> read(Lba lba, std::span<std::byte> data) override;
  Task<Status> write(Lba lba, std::span<const std::byte> data) override;
  /// EOPNOTSUPP: programs have no zone append through the block layer (`info().max_append_bytes` is 0).
  Task<Result<Lba>> append(ZoneIndex zone, std::span<const std::byte> data) override;
  Task<CopyOutcome> copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) override;
  [[nodiscard]] bool can_copy_from(const ZonedDevice&) const override { return false; }
  Task<Status> manage_zone(ZoneIndex zone, ZoneAction action) override;
  Task<Status> flush() override;
  Status make_writable() override;

 private:
  [[nodiscard]] std::uint64_t bytes_of(std::uint64_t blocks) const { return blocks * info().block_size_bytes; }
  Error make_error(int code, const char* operation, Lba lba) const;

  EventLoop& loop_;
  OpenBlockDevice opened_;
  KeyedLocks locks_;  ///< by zone: one position-dependent operation at a time
};

}  // namespace zonecopy::block
