// Is this a place to mount on? Clears away a dead mount of ours that a killed daemon left there.
#pragma once

#include <string>

#include "zonecopy/result.h"

namespace zonecopy::zonefs {

/// The real path of the mount point. ENOENT, ENOTDIR; ENOTCONN if a dead mount that is not ours is in the way.
Result<std::string> prepare_mount_point(const std::string& path);

}  // namespace zonecopy::zonefs
