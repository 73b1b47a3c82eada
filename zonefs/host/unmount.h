// umount: and then wait until the daemon has let go of the device, so that the next mount or format finds it free.
#pragma once

#include "zonefs/options/mount_command.h"

namespace zonecopy::zonefs {

Status unmount(const UnmountCommand& command);

}  // namespace zonecopy::zonefs
