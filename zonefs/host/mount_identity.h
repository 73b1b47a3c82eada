// A mount by what it is, not by where it was: the path of a mount point can come to mean another mount.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"
#include "zonefs/host/mount_table.h"

namespace zonecopy::zonefs {

struct MountIdentity {
  std::uint64_t id = 0;         ///< of the mount table; used again for another mount once this one is gone
  std::uint64_t unique_id = 0;  ///< never used again; 0 where the kernel has none (before Linux 6.8)
  dev_t device_number = 0;      ///< of the file system
  bool is_root = false;         ///< of the mount, and not something in it

  bool operator==(const MountIdentity&) const = default;
};

/// Of what `fd` is open on. Asks nobody but the kernel, so that it can neither hang nor fail where a daemon is dead.
Result<MountIdentity> identity_of(int fd);

/// A name for what `fd` is open on, for system calls that take a path only.
[[nodiscard]] std::string path_of_descriptor(int fd);

/// Opens `path`, a directory, without touching what is in it (O_PATH).
Result<FileDescriptor> open_place(const std::string& path);

/// A mount that this process can get at: its line of the mount table, and a descriptor of its root. The descriptor keeps
/// the mount busy as long as it is open.
struct ReachedMount {
  MountEntry entry;
  FileDescriptor root;
};
/// ENOENT where the mount name space of this process does not have it (any more), EBUSY where another mount covers it.
Result<ReachedMount> reach(const MountIdentity& mount);

/// Takes it off its place, whatever is mounted at the path meanwhile; it ends when nobody uses it any more.
Status detach(const MountIdentity& mount);

/// Makes the file system read-only, or writable again, and leaves all its other flags alone. EBUSY while files are open for
/// writing.
Status set_read_only(int root_fd, bool read_only);
Status set_read_only(const MountIdentity& mount, bool read_only);

}  // namespace zonecopy::zonefs
