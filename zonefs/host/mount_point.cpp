#include "zonefs/host/mount_point.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "zonefs/host/mount_identity.h"

namespace zonecopy::zonefs {
namespace {

Error make_error(const std::string& path, int code, std::string detail) {
  return Error(code, "mount", std::move(detail)).on_device(path);
}

/// Unmounts what a killed daemon has left: a mount that answers every request with ENOTCONN.
Status clear_dead_mount(const std::string& path, int fd) {
  const Result<MountIdentity> identity = identity_of(fd);
  if (!identity) return identity.error();
  const Result<ReachedMount> dead = reach(*identity);
  if (!dead) return dead.error();
  if (!dead->entry.is_zonecopyfs()) {
    return make_error(path, ENOTCONN, "a dead mount of another program is in the way; unmount it first");
  }
  const Status detached = detach(*identity);
  if (detached) return {};
  const std::string command = fmt::format("{} {}", geteuid() == 0 ? "umount" : "fusermount3 -u", path);
  return make_error(
      path, ENOTCONN,
      fmt::format("a dead mount is in the way; take it away with '{}' ({})", command,
                  detached.error().detail().empty() ? "it cannot be unmounted from here" : detached.error().detail()));
}

/// Whether the file system at `fd` answers; errno tells why not.
bool answers(int fd, struct stat& facts) {
  struct statvfs usage {};
  // The kernel may answer stat(2) of a dead mount from its cache, so statfs is asked as well.
  return fstat(fd, &facts) == 0 && statvfs(path_of_descriptor(fd).c_str(), &usage) == 0;
}

}  // namespace

Result<MountPoint> prepare_mount_point(const std::string& path) {
  while (true) {  // more than one dead mount can lie on top of another
    Result<FileDescriptor> directory = open_place(path);
    if (!directory) {
      const int code = directory.error().code();
      return make_error(path, code,
                        code == ENOTDIR ? "the mount point has to be a directory"
                                        : "the mount point has to be a directory that exists");
    }
    struct stat facts {};
    if (answers(directory->get(), facts)) {
      std::string real_path(PATH_MAX, '\0');
      const ssize_t length = readlink(path_of_descriptor(directory->get()).c_str(), real_path.data(), real_path.size());
      if (length < 0) return make_error(path, errno, "is /proc mounted?");
      real_path.resize(static_cast<std::size_t>(length));
      return MountPoint{std::move(*directory), std::move(real_path)};
    }
    if (errno != ENOTCONN && errno != ECONNABORTED) {
      return make_error(path, errno, "the mount point has to be a directory that exists");
    }
    const Status cleared = clear_dead_mount(path, directory->get());
    if (!cleared) return cleared.error();
  }
}

}  // namespace zonecopy::zonefs
