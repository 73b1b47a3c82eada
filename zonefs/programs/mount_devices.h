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

/// All or none: where one device cannot be opened, the error names it. With concat one long device. EINVAL also where a
/// device is given twice, or readonly= names none of them. Blocks, and runs `loop` for a moment, so that it is to be
/// called before that runs. `loop` must outlive the devices.
Result<std::vector<std::unique_ptr<ZonedDevice>>> open_devices(EventLoop& loop, const MountRequest& request);

/// Reads what is on `devices`, which open_devices() has opened for the same request. All or none, likewise. `loop` and
/// `log` must outlive what is returned.
Task<Result<MountedDevices>> mount_devices(EventLoop& loop, std::vector<std::unique_ptr<ZonedDevice>> devices,
                                           MountRequest request, Log& log, Clock clock);

}  // namespace zonecopy::zonefs
