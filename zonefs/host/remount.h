// mount -o remount: the general flags (ro and others) are changed in the kernel, the file system's options in the
// running daemon. Blocks.
#pragma once

#include "zonefs/options/mount_command.h"

namespace zonecopy::zonefs {

/// The options of a remount, divided between kernel and daemon.
struct RemountRequest {
  unsigned long flags = 0;           ///< for mount(2), without MS_REMOUNT
  std::vector<std::string> options;  ///< for the daemon
};

/// Divides `options`. Flags that are not named stay as in `current_flags`. Pure.
[[nodiscard]] RemountRequest sort_remount_options(std::span<const std::string> options, unsigned long current_flags);

/// Carries out the remount. If a part of it fails, nothing is changed.
Status remount(const MountCommand& command);

}  // namespace zonecopy::zonefs
