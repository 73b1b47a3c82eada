// Identifies a mount by its ids and not by its path, since another mount may take its place there.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"
#include "zonefs/host/mount_table.h"

namespace zonecopy::zonefs {

struct MountIdentity {
  std::uint64_t id = 0;         ///< mount id of /proc/self/mountinfo; the kernel reuses it after the unmount
  std::uint64_t unique_id = 0;  ///< never reused; 0 where the kernel has none (before Linux 6.8)
  dev_t device_number = 0;      ///< st_dev of the file system
  bool is_root = false;         ///< the descriptor was the root of the mount, not a file in it

  bool operator==(const MountIdentity&) const = default;
};

/// The identity of the mount that `fd` is open on. Sends no request to the file system, so that it neither hangs nor
/// fails where a daemon is dead.
Result<MountIdentity> identity_of(int fd);

/// A path in /proc that leads to what `fd` is open on, for system calls that take only a path.
[[nodiscard]] std::string path_of_descriptor(int fd);

/// Opens the directory `path` with O_PATH, which sends no request to its file system.
Result<FileDescriptor> open_place(const std::string& path);

/// A mount that this process can reach: its line of the mount table and a descriptor of its root. The descriptor keeps
/// the mount busy while it is open.
struct ReachedMount {
  MountEntry entry;
  FileDescriptor root;
};
/// ENOENT: the mount is not, or no longer, in the mount namespace of this process. EBUSY: another mount covers it.
Result<ReachedMount> reach(const MountIdentity& mount);

/// Detaches the mount (MNT_DETACH), and never another one that has taken its path. It ends when nobody uses it any
/// more.
Status detach(const MountIdentity& mount);

/// Makes the mount read-only, or writable again, and changes no other flag. EBUSY while files are open for writing.
Status set_read_only(int root_fd, bool read_only);
Status set_read_only(const MountIdentity& mount, bool read_only);

}  // namespace zonecopy::zonefs
