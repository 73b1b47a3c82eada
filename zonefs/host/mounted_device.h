// Finds the device of a mount, and the mount of a device. Devices are compared by their identity, since a name may lead
// to another device by now.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "zonecopy/result.h"
#include "zonefs/host/mount_table.h"

namespace zonecopy::zonefs {

/// The paths of a device: one, or with --concat those of the devices that are in a row.
using DeviceRow = std::vector<std::string>;

/// The folders of the devices of a zonecopyfs mount, in order: of one device that is the mount point, also where nobody
/// answers. Waits for a daemon that does not answer.
[[nodiscard]] std::vector<std::string> device_folders(const std::string& mount_point);

/// What the daemon says of the devices of a mount.
struct ToldDevices {
  std::vector<std::string> names;  ///< those of rows too
  std::vector<std::string> ids;    ///< DeviceIdentity::id; of a row one, with those of its devices in it
};
/// Empty if it does not answer for a while.
[[nodiscard]] ToldDevices devices_before_umount(const std::string& mount_point);

/// The devices that `directory`, a path without links, stands for: all of the zonecopyfs mount whose root it is, or the
/// one whose folder it is. EINVAL if it is neither. ESTALE if no path is known: it was removed, or this process cannot
/// see it.
Result<std::vector<DeviceRow>> devices_behind(const std::string& directory);

/// The mount point where the device that `path` means is mounted, by zonecopyfs or another file system; nothing if
/// it is mounted nowhere in sight, or its daemon does not answer.
Result<std::optional<std::string>> mount_point_of_device(const std::string& path);

}  // namespace zonecopy::zonefs
