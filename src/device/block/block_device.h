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
  FileDescriptor claim;  ///< open with O_EXCL, so that nobody else mounts the device
  FileDescriptor data;   ///< open with O_DIRECT, as the page cache would not write zones in order
  FileDescriptor zones;  ///< for libzbd
  DeviceInfo info;
  bool write_protected = false;
};

/// EBUSY: it is mounted or held by another program. EACCES. EOPNOTSUPP: it is not zoned. Without `exclusive` it can
/// only be inspected. With `read_only` the device may be write-protected. Blocks.
Result<OpenBlockDevice> open_block_device(const std::string& path, bool exclusive, bool read_only);

class BlockDevice final : public ZonedDevice {
 public:
  BlockDevice(EventLoop& loop, OpenBlockDevice opened) : loop_(loop), opened_(std::move(opened)) {}

  [[nodiscard]] const DeviceInfo& info() const override { return opened_.info; }
  Task<Result<std::vector<Zone>>> report_zones(ZoneIndex first, std::uint32_t count) override;
  Task<Status> read(Lba lba, std::span<std::byte> data) override;
  Task<Status> write(Lba lba, std::span<const std::byte> data) override;
  /// By writes of zeros: for a sequential zone the kernel may refuse BLKZEROOUT, or write in an order of its own.
  Task<Status> write_zeroes(Lba lba, std::uint64_t blocks) override;
  /// EOPNOTSUPP: the block layer offers no zone append to programs (`info().max_append_bytes` is 0).
  Task<Result<Lba>> append(ZoneIndex zone, std::span<const std::byte> data) override;
  Task<CopyOutcome> copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) override;
  Task<Status> manage_zone(ZoneIndex zone, ZoneAction action) override;
  Task<Status> flush() override;
  Status make_writable() override;

 private:
  [[nodiscard]] std::uint64_t bytes_of(std::uint64_t blocks) const { return blocks * info().block_size_bytes; }
  Task<Status> write_locked(Lba lba, std::span<const std::byte> data);
  Error make_error(int code, const char* operation, Lba lba) const;

  EventLoop& loop_;
  OpenBlockDevice opened_;
  KeyedLocks locks_;  ///< by zone: one position-dependent command at a time
};

}  // namespace zonecopy::block
