#include "zonefs/host/mount_identity.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>

#include "zonefs/host/fusermount.h"

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000U
#endif

namespace zonecopy::zonefs {
namespace {

constexpr int statx_flags = AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;

Error make_error(const std::string& place, std::string operation, int code, std::string detail = {}) {
  return Error(code, std::move(operation), std::move(detail)).on_device(place);
}

}  // namespace

Result<MountIdentity> identity_of(int fd) {
  struct statx facts {};
  if (statx(fd, "", statx_flags, STATX_MNT_ID, &facts) != 0) return Error(errno, "find mount");
  MountIdentity identity;
  identity.id = facts.stx_mnt_id;
  identity.device_number = makedev(facts.stx_dev_major, facts.stx_dev_minor);
  identity.is_root = (facts.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  struct statx more {};
  const bool has_unique = statx(fd, "", statx_flags, STATX_MNT_ID_UNIQUE, &more) == 0;
  if (has_unique && (more.stx_mask & STATX_MNT_ID_UNIQUE) != 0) identity.unique_id = more.stx_mnt_id;
  return identity;
}

std::string path_of_descriptor(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

Result<FileDescriptor> open_place(const std::string& path) {
  FileDescriptor fd(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return make_error(path, "find", errno);
  return fd;
}

Result<ReachedMount> reach(const MountIdentity& mount) {
  Result<std::vector<MountEntry>> table = read_mount_table();
  if (!table) return table.error();
  const auto is_it = [&mount](const MountEntry& entry) {
    return entry.id == mount.id && entry.device_number == mount.device_number;
  };
  const auto entry = std::ranges::find_if(*table, is_it);
  if (entry == table->end()) return Error(ENOENT, "find mount", "it is not in this mount name space");
  // The path may lead elsewhere by now, or another mount may cover it, so the descriptor is checked.
  Result<FileDescriptor> root = open_place(entry->mount_point);
  if (!root) return root.error();
  const Result<MountIdentity> found = identity_of(root->get());
  if (!found) return found.error();
  if (*found != mount) return make_error(entry->mount_point, "find mount", EBUSY, "another mount covers it");
  return ReachedMount{std::move(*entry), std::move(*root)};
}

Status detach(const MountIdentity& mount) {
  const Result<ReachedMount> reached = reach(mount);
  if (!reached) return reached.error();
  if (umount2(path_of_descriptor(reached->root.get()).c_str(), MNT_DETACH) == 0) return {};
  const int code = errno;
  if (code != EPERM) return make_error(reached->entry.mount_point, "unmount", code);
  return unmount_by_fusermount(reached->entry.mount_point, true);
}

Status set_read_only(int root_fd, bool read_only) {
  const FileDescriptor context(fspick(root_fd, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC));
  if (!context) return Error(errno, "remount");
  const char* flag = read_only ? "ro" : "rw";
  if (fsconfig(context.get(), FSCONFIG_SET_FLAG, flag, nullptr, 0) != 0 ||
      fsconfig(context.get(), FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0) != 0) {
    return Error(errno, "remount");
  }
  return {};
}

Status set_read_only(const MountIdentity& mount, bool read_only) {
  const Result<ReachedMount> reached = reach(mount);
  if (!reached) return reached.error();
  return set_read_only(reached->root.get(), read_only);
}

}  // namespace zonecopy::zonefs
