// ZonedDevice: the one interface between hardware and what uses it (copy engine, file system).
//
// Its operations are those of the standards, under their names. Code above it knows nothing of submission queue
// entries; code below it knows nothing of files.
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

#pragma GCC visibility push(default)

namespace zonecopy {

/// The name of a device now, and an identity that stays when it is renamed.
struct DeviceIdentity {
  std::string path;  ///< the current name; for an image that was unlinked its last name, with " (deleted)"
  std::string id;    ///< "file DEVICE:INODE", "device MAJOR:MINOR", "nvme-tcp UUID"; empty where it is not known
};
/// The identity of the file or device that `path` leads to, links followed; empty if it cannot be looked at. Blocks for
/// a stat(2). Any thread.
[[nodiscard]] std::string device_id(const std::string& path);

/// A zoned device that is held open: exclusively, or beside other readers where it was opened for reading.
///
/// All members belong to the thread of the event loop that the device was opened with. Those that return a Task are
/// asynchronous; whatever is passed to them by reference, pointer or span must outlive the await. Addresses are logical
/// blocks. Memory must be a multiple of the block size long, and aligned to pages (Buffer is), which some devices need.
/// Position-dependent commands to one zone (write, copy, append, zone management) may be sent while others are under
/// way; the device carries them out in the order of the calls.
///
/// Errors carry device, zone and LBA. A command that a zone refuses ends with to_errno(ZoneRefusal) and
/// Error::zone_refusal(). EINVAL: an argument lies outside the device. EIO: the media, or anything that has no errno of
/// its own here. An image may also answer ENOSPC, EDQUOT or EFBIG (its file cannot grow), and ESTALE. ENOMEM: no
/// memory.
class ZonedDevice {
 public:
  /// Closes the device. No operation may be under way. Closing may block for a moment, as close(2) may.
  virtual ~ZonedDevice() = default;
  ZonedDevice(const ZonedDevice&) = delete;
  ZonedDevice& operator=(const ZonedDevice&) = delete;

  /// Lives as long as the device. Its fields about Copy may change while operations run (note_refusal).
  [[nodiscard]] virtual const DeviceInfo& info() const = 0;

  /// Blocks for a few system calls, which do no I/O.
  [[nodiscard]] virtual DeviceIdentity identity() const { return {info().path, device_id(info().path)}; }

  /// Reports at most `count` zones from zone `first` on, fewer at the end of the device (NVMe ZNS 1.1, 3.4.2).
  virtual Task<Result<std::vector<Zone>>> report_zones(ZoneIndex first, std::uint32_t count) = 0;

  /// Reads from `lba` on, across zones too. Blocks at and above a write pointer read as zeros. EIO for an offline zone.
  virtual Task<Status> read(Lba lba, std::span<std::byte> data) = 0;

  /// Writes from `lba` on, within one zone. In a sequential zone `lba` must be the write pointer. After an error the
  /// zone may hold a part of the data: report it.
  virtual Task<Status> write(Lba lba, std::span<const std::byte> data) = 0;

  /// Write Zeroes (NVM Command Set 1.1, 3.2.8): writes `blocks` blocks of zeros, under the rules of write(). There may be
  /// as many as the zone has room for. A device without such a command writes them itself.
  virtual Task<Status> write_zeroes(Lba lba, std::uint64_t blocks) = 0;

  /// Zone Append (NVMe ZNS 1.1, 3.4.1): writes at the write pointer and returns the LBA at which the data was written.
  /// At most `info().max_append_bytes`; EOPNOTSUPP where that is 0.
  virtual Task<Result<Lba>> append(ZoneIndex zone, std::span<const std::byte> data) = 0;

  /// Copies from `source`, which may be another device, without passing the data through this process. The caller keeps
  /// to the limits of copy_route(source), whose path is not emulated, and gives the write pointer of a sequential zone as
  /// `command.destination_lba`. `cancel` may be null; a device may ignore it. Errors are in the outcome.
  virtual Task<CopyOutcome> copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) = 0;
  /// How copy() from `source` would be done. Where the path is emulated it is not to be called. It may become worse while
  /// operations run (note_refusal). A device of a kind that copies from others says so here.
  [[nodiscard]] virtual CopyRoute copy_route(const ZonedDevice& source) const;

  /// Zone Management Send (NVMe ZNS 1.1, 3.4.3). EINVAL where the zone's condition does not allow the action.
  virtual Task<Status> manage_zone(ZoneIndex zone, ZoneAction action) = 0;

  /// Makes durable all writes, appends, copies and zone management that had ended before the call.
  virtual Task<Status> flush() = 0;

  /// Makes a device that was opened for reading writable; success where it is already. EROFS, EACCES or EPERM where it
  /// cannot be written, EBUSY where others read it. Blocks the loop's thread for some system calls (open, locks), so
  /// call it rarely: a remount does.
  virtual Status make_writable() { return {}; }

 protected:
  ZonedDevice() = default;
};

}  // namespace zonecopy

#pragma GCC visibility pop
