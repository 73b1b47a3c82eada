// Opens what a name means as the kind of device that it is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
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

/// Whether `name` means a namespace across the network, nvme-tcp://HOST:PORT/NQN?nsid=N, right or wrong, and no path.
/// A file that is called so is reached by "./" before it. Does not block.
[[nodiscard]] bool is_remote_device(std::string_view name);

// All other functions block the calling thread (open, locks, ioctls, connections): call them before the loop runs, not
// from a coroutine, where they would stop all others of its loop. A device is named by a path, or as above.

/// The one name that leads to the device from any working directory: the absolute path without links, or the canonical
/// form of a remote name, with absolute paths of keys. ENOENT and the like: there is no such file; EINVAL: a remote name
/// that is wrong. The device itself is not looked at.
Result<std::string> canonical_device_name(const std::string& name);

/// As DeviceIdentity::id: two names of one device have the same. Asks the target of a remote device. Empty if it cannot
/// be looked at.
[[nodiscard]] std::string device_id_of(const std::string& name);

/// Whether no program of this machine holds the remote device of this id. True of devices of other kinds, whose files
/// and nodes tell that themselves.
[[nodiscard]] bool remote_device_is_free(const std::string& id);

/// Opens `name`: an NVMe ZNS namespace (by either of its nodes), a zoned block device, a zoned image, or a zoned
/// namespace across the network. A device is held exclusively (O_EXCL); an image as open_image() says; a remote one as
/// far as programs of this machine go. `loop` must outlive the device, and should have been made with
/// loop_options_for(name). ENOENT, EACCES, ELOOP (replaced by a link meanwhile); EBUSY: in use; ENOTBLK: neither a device
/// nor an image; EOPNOTSUPP: not zoned, or its format cannot be used; EINVAL: a damaged image, a wrong name, or not the
/// kind that was chosen; ECONNREFUSED, ETIMEDOUT and others: a target is not there. The detail says what would be right.
Result<std::unique_ptr<ZonedDevice>> open_device(EventLoop& loop, const std::string& name, const OpenOptions& options);

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

/// The options of the event loop that `name` is to be opened with.
EventLoop::Options loop_options_for(const std::string& name);

struct Inspection {
  DeviceInfo info;
  std::vector<Zone> zones;
};
/// Reads geometry and zones without opening exclusively, so that it works on a mounted device. Errors as open_device(),
/// but no EBUSY. A device needs io_uring, for a loop that this function makes and runs; an image does not.
Result<Inspection> inspect_device(const std::string& name);

/// The same of the devices `names` in a row. The records are not looked at.
Result<Inspection> inspect_concatenated(const std::vector<std::string>& names, const std::string& name);

}  // namespace zonecopy

#pragma GCC visibility pop
