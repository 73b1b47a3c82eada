// Is this a place to mount on? Clears away a dead mount of ours that a killed daemon left there.
#pragma once

#include <string>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"

namespace zonecopy::zonefs {

/// The directory to mount on, held from the first look on: what its path means later does not matter.
struct MountPlace {
  FileDescriptor directory;
  std::string path;  ///< without links
};

/// ENOENT, ENOTDIR; ENOTCONN if a dead mount that is not ours is in the way.
Result<MountPlace> prepare_mount_point(const std::string& path);

}  // namespace zonecopy::zonefs
