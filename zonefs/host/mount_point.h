// Checks a mount point, and unmounts a dead mount of zonecopyfs that a killed daemon has left there.
#pragma once

#include <string>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"

namespace zonecopy::zonefs {

/// The directory to mount on. The descriptor is used for everything after the first check, so that it does not matter
/// if the path leads elsewhere later.
struct MountPoint {
  FileDescriptor directory;
  std::string path;  ///< without links
};

/// ENOENT, ENOTDIR; ENOTCONN if a dead mount of another program is there. Blocks.
Result<MountPoint> prepare_mount_point(const std::string& path);

}  // namespace zonecopy::zonefs
