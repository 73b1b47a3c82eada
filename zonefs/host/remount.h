// mount -o remount: the kernel keeps the read-only and other general flags, the running daemon the file system's options.
#pragma once

#include "zonefs/options/mount_command.h"

namespace zonecopy::zonefs {

/// What a remount's option list asks of whom.
struct RemountRequest {
  unsigned long flags = 0;           ///< for mount(2), without MS_REMOUNT
  std::vector<std::string> options;  ///< for the daemon
};

/// Sorts `options` on top of the flags the mount has now: what is not named stays. Pure.
[[nodiscard]] RemountRequest sort_remount_options(std::span<const std::string> options, unsigned long current_flags);

/// Does it. When any part fails all is as before.
Status remount(const MountCommand& command);

}  // namespace zonecopy::zonefs
