// ZonedDevice: the one seam between the copy engine or the file system and hardware.
//
// Its operations are those of the standards, under their names. Nothing above it knows what a submission queue entry
// is; nothing below it knows what a file is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "zonecopy/command.h"
#include "zonecopy/result.h"
#include "zonecopy/sync.h"
#include "zonecopy/task.h"
#include "zonecopy/zone.h"

namespace zonecopy {

/// Where the device is now, and what it is known by whatever its name becomes.
struct DevicePlace {
  std::string path;  ///< its name today; of an image that has none any more the last one, with " (deleted)"
  std::string id;    ///< "file DEVICE:INODE" or "device MAJOR:MINOR"; empty where it cannot be told
};
/// The id of what a name leads to; empty if to nothing.
[[nodiscard]] std::string device_id(const std::string& path);

/// A zoned device, held open exclusively. All operations are asynchronous and belong to the event loop's thread.
///
/// Addresses are logical blocks. Memory is a multiple of the block size long and aligned to pages where the device
/// asks for it (Buffer is). Position-dependent commands to one zone (write, copy, append, zone management) may be sent
/// while others are under way; the device carries them out in the order of the calls.
class ZonedDevice {
 public:
  virtual ~ZonedDevice() = default;
  ZonedDevice(const ZonedDevice&) = delete;
  ZonedDevice& operator=(const ZonedDevice&) = delete;

  [[nodiscard]] virtual const DeviceInfo& info() const = 0;

  [[nodiscard]] virtual DevicePlace place() const { return {info().path, device_id(info().path)}; }

  /// At most `count` zones from zone `first` on, fewer at the end of the device.
  virtual Task<Result<std::vector<Zone>>> report_zones(ZoneIndex first, std::uint32_t count) = 0;

  /// Blocks at and above the write pointer read as zeros. EIO from an offline zone or failing media.
  virtual Task<Status> read(Lba lba, std::span<std::byte> data) = 0;

  /// To a sequential zone `lba` has to be the write pointer. Errors: to_errno(ZoneRefusal), else EIO.
  virtual Task<Status> write(Lba lba, std::span<const std::byte> data) = 0;

  /// Writes at the write pointer, wherever that is, and returns where it was (NVMe ZNS 1.1, 3.4.1).
  virtual Task<Result<Lba>> append(ZoneIndex zone, std::span<const std::byte> data) = 0;

  /// Copies from `source`, which may be another device, without passing the data through this process.
  /// `info().copy_limits` hold; `command.destination_lba` is the write pointer of a sequential zone.
  virtual Task<CopyOutcome> copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) = 0;
  /// Whether `copy` from `source` may be tried at all.
  [[nodiscard]] virtual bool can_copy_from(const ZonedDevice& source) const = 0;

  virtual Task<Status> manage_zone(ZoneIndex zone, ZoneAction action) = 0;

  /// Makes durable all that was acknowledged before.
  virtual Task<Status> flush() = 0;

  /// Lets a device that was opened for reading be written from now on. EROFS or EACCES where it cannot be, EBUSY where
  /// others read it.
  virtual Status make_writable() { return {}; }

 protected:
  ZonedDevice() = default;
};

}  // namespace zonecopy
