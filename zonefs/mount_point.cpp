#include "mount_point.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <filesystem>

#include "mount_table.h"

namespace zonecopy::zonefs {
namespace {

Error refuse(const std::string& path, int code, std::string detail) {
  Error error(code, "mount", std::move(detail));
  error.on_device(path);
  return error;
}

/// A path whose last part may be a dead mount, which realpath(3) would stumble over.
Result<std::string> without_links(const std::string& path) {
  std::string cut = path;
  while (cut.size() > 1 && cut.back() == '/') cut.pop_back();
  const std::filesystem::path parts(cut);
  const Result<std::string> parent = canonical_path(parts.has_parent_path() ? parts.parent_path().string() : ".");
  if (!parent) return parent.error();
  return (std::filesystem::path(*parent) / parts.filename()).string();
}

/// A killed daemon leaves a mount that answers nothing but ENOTCONN.
Status clear_dead_mount(const std::string& path) {
  const Result<std::string> place = without_links(path);
  if (!place) return place.error();
  const Result<std::vector<MountEntry>> table = read_mount_table();
  if (!table) return table.error();
  const MountEntry* mounted = find_mount_at(*table, *place);
  if (mounted == nullptr || !mounted->is_zonecopyfs()) {
    return refuse(path, ENOTCONN, "a dead mount of another program is in the way; unmount it first");
  }
  if (umount2(place->c_str(), MNT_DETACH) != 0) {
    return refuse(path, errno, "a dead mount is in the way and cannot be unmounted");
  }
  return {};
}

}  // namespace

Result<std::string> prepare_mount_point(const std::string& path) {
  struct stat facts {};
  struct statvfs usage {};
  // More than one dead mount can lie on top of another. stat(2) of one may still be answered from the kernel's cache.
  while (stat(path.c_str(), &facts) != 0 || statvfs(path.c_str(), &usage) != 0) {
    const bool dead = errno == ENOTCONN || errno == ECONNABORTED;
    if (!dead) return refuse(path, errno, "the mount point has to be a directory that exists");
    const Status cleared = clear_dead_mount(path);
    if (!cleared) return cleared.error();
  }
  if (!S_ISDIR(facts.st_mode)) return refuse(path, ENOTDIR, "the mount point has to be a directory");
  return canonical_path(path);
}

}  // namespace zonecopy::zonefs
