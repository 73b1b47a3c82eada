// Opens a path as the kind of device that it names.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// How to send commands to an NVMe namespace, which can be reached in two ways. Other block devices take `automatic`
/// and `block`, an image only `automatic`.
enum class DeviceChoice : std::uint8_t {
  automatic,  ///< NVMe passthrough where the kernel and the drive offer it, else the block layer
  nvme,       ///< NVMe passthrough only
  block,      ///< the block layer only
};

struct OpenOptions {
  bool read_only = false;  ///< nothing will be written; ZonedDevice::make_writable() changes that
  DeviceChoice choice = DeviceChoice::automatic;
  /// Copies from other namespaces of the controller may be asked of an NVMe drive, for which a feature of the controller
  /// is enabled while the devices are open.
  bool cross_namespace = true;
};

// All functions block the calling thread (open, locks, ioctls): call them before the loop runs, not from a coroutine,
// where they would stop all others of its loop.

/// Opens `path`: an NVMe ZNS namespace (by either of its nodes), a zoned block device or a zoned image. A device is
/// held exclusively (O_EXCL); an image as open_image() says. `loop` must outlive the device, and should have been made
/// with loop_options_for(path). ENOENT, EACCES, ELOOP (replaced by a link meanwhile); EBUSY: in use; ENOTBLK: neither a
/// device nor an image; EOPNOTSUPP: not zoned, or its format cannot be used; EINVAL: a damaged image, or not the kind
/// that was chosen. The detail says what would be right.
Result<std::unique_ptr<ZonedDevice>> open_device(EventLoop& loop, const std::string& path, const OpenOptions& options);

/// Whether the devices of a row are what they were when it was made.
enum class ConcatCheck : std::uint8_t {
  records,  ///< each must have the record, in its zone 0, that makes it this one of this set
  nothing,  ///< for who is about to write these records
};

/// One long device of several: all zones of the first, then all of each other but its zone 0, which holds a record of
/// the set that it belongs to, and of its place. mkfs.zonecopyfs --concat writes them. `name` is its path in errors and
/// reports. EINVAL: block or zone sizes differ, one is missing, of another set or not in its place; the detail says
/// which. Closes all of them then. Runs `loop`, that of the devices.
Result<std::unique_ptr<ZonedDevice>> concatenate(EventLoop& loop, std::vector<std::unique_ptr<ZonedDevice>> devices,
                                                 const std::string& name, ConcatCheck check = ConcatCheck::records);

/// The options of the event loop that `path` is to be opened with.
EventLoop::Options loop_options_for(const std::string& path);

struct Inspection {
  DeviceInfo info;
  std::vector<Zone> zones;
};
/// Reads geometry and zones without opening exclusively, so that it works on a mounted device. Errors as open_device(),
/// but no EBUSY. A device needs io_uring, for a loop that this function makes and runs; an image does not.
Result<Inspection> inspect_device(const std::string& path);

/// The same of the devices `paths` in a row. The records are not looked at.
Result<Inspection> inspect_concatenated(const std::vector<std::string>& paths, const std::string& name);

}  // namespace zonecopy

#pragma GCC visibility pop
