// Mounts a FUSE file system: by system calls where this process may, else by fusermount3(1). Blocks.
#pragma once

#include <string>
#include <vector>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"
#include "zonefs/host/mount_identity.h"
#include "zonefs/host/mount_point.h"

namespace zonecopy::zonefs {

struct FuseMount {
  FileDescriptor device;  ///< /dev/fuse, open: the kernel sends its requests there
  MountIdentity identity;
};

/// Mounts on the very directory that `place` holds, with the options that are passed on: general ones, allow_other,
/// context=… `source` is what /proc/mounts shows.
Result<FuseMount> mount_fuse(const std::string& source, const MountPoint& place,
                             const std::vector<std::string>& options);

/// The option list for fusermount3, without options that it does not know. Pure.
[[nodiscard]] std::string fusermount_options(const std::string& source, const std::vector<std::string>& options);

}  // namespace zonecopy::zonefs
