// Runs fusermount3(1), the set-user-id program by which ordinary users mount and unmount. Its output becomes the detail
// of an error. Blocks.
#pragma once

#include <string>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"

namespace zonecopy::zonefs {

/// Mounts at `mount_point`. Returns the open descriptor of /dev/fuse.
Result<FileDescriptor> mount_by_fusermount(const std::string& options, const std::string& mount_point);

Status unmount_by_fusermount(const std::string& mount_point, bool lazy);

}  // namespace zonecopy::zonefs
