// umount(8): unmounts, then waits until the daemon has closed the device, so that the next mount or format finds it
// free. Blocks.
#pragma once

#include "zonefs/options/mount_command.h"

namespace zonecopy::zonefs {

Status unmount(const UnmountCommand& command);

}  // namespace zonecopy::zonefs
