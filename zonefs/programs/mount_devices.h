// Opens the devices of a mount and reads what is on them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "zonefs/core/log.h"
#include "zonefs/core/mount.h"

namespace zonecopy::zonefs {

struct MountRequest {
  std::vector<std::string> devices;  ///< absolute paths without links, in order
  MountOptions options;
};

struct MountedDevices {
  std::vector<std::unique_ptr<Log>> logs;  ///< of several devices: each names its device
  std::unique_ptr<Mount> mount;
};

/// All or none: where one device cannot be opened or read, the error names it. EINVAL also where a device is given twice,
/// or readonly= names none of them. Blocks the loop's thread while devices are opened, so call it before anything is
/// served. `loop` and `log` must outlive what is returned.
Task<Result<MountedDevices>> mount_devices(EventLoop& loop, MountRequest request, Log& log, Clock clock);

}  // namespace zonecopy::zonefs
