// Finds the device of a mount, and the mount of a device. Devices are compared by their identity, since a name may lead
// to another device by now.
#pragma once

#include <optional>
#include <string>

#include "zonecopy/result.h"
#include "zonefs/host/mount_table.h"

namespace zonecopy::zonefs {

/// A path of the device of a zonecopyfs mount. ESTALE if none is known: the path was removed, or this process cannot
/// see it.
Result<std::string> device_of_mount(const MountEntry& mount);

/// The mount point where the device that `path` leads to is mounted, by zonecopyfs or another file system; nothing if
/// it is mounted nowhere in sight, or its daemon does not answer.
Result<std::optional<std::string>> mount_point_of_device(const std::string& path);

}  // namespace zonecopy::zonefs
