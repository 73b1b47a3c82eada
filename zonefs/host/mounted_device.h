// Which device a mount was made from, and where a device is mounted: by what the device is, not by a name that may lead
// elsewhere by now.
#pragma once

#include <optional>
#include <string>

#include "zonecopy/result.h"
#include "zonefs/host/mount_table.h"

namespace zonecopy::zonefs {

/// A name that leads to the device of a mount of zonecopyfs. ESTALE if none is known: it was removed, or is out of sight.
Result<std::string> device_of_mount(const MountEntry& mount);

/// The mount point where the device that `path` leads to is mounted, by zonecopyfs or another file system; nothing if
/// it is mounted nowhere in sight, or its daemon does not answer.
Result<std::optional<std::string>> mount_point_of_device(const std::string& path);

}  // namespace zonecopy::zonefs
