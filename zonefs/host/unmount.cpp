#include "zonefs/host/unmount.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "zonecopy/open_device.h"
#include "zonefs/host/fusermount.h"
#include "zonefs/host/mount_identity.h"
#include "zonefs/host/mount_table.h"
#include "zonefs/host/mounted_device.h"
#include "zonefs/host/print.h"

namespace zonecopy::zonefs {
namespace {

constexpr std::chrono::seconds patience(10);
constexpr std::chrono::milliseconds retry_interval(20);

Error make_error(const std::string& directory, int code, std::string detail = {}) {
  return Error(code, "unmount", std::move(detail)).on_device(directory);
}

/// Whether nobody holds the device: what a mount or format would find. A device that cannot be looked at counts as free.
/// The name is one that whoever mounted it has chosen: what it leads to is not opened unless it is an image or a disk.
bool is_free(const std::string& device) {
  const FileDescriptor place(open(device.c_str(), O_PATH | O_CLOEXEC));
  struct stat facts {};
  if (!place || fstat(place.get(), &facts) != 0) return true;
  const bool disk = S_ISBLK(facts.st_mode);
  if (!disk && !S_ISREG(facts.st_mode)) return true;
  const FileDescriptor file(
      open(path_of_descriptor(place.get()).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | (disk ? O_EXCL : 0)));
  if (!file) return errno != EBUSY;
  return disk || flock(file.get(), LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/// A device of the mount, and how it is asked whether it is free.
struct Awaited {
  std::string name;
  bool (*is_free)(const std::string& name);
};

/// The devices of the mount: the source, and where there are several the others too. Those across a network are known by
/// their ids, which are gone with the mount.
std::vector<Awaited> devices_to_wait_for(const MountEntry& mount) {
  ToldDevices told = devices_before_umount(mount.mount_point);
  if (std::ranges::find(told.names, mount.source) == told.names.end()) told.names.push_back(mount.source);
  std::vector<Awaited> devices;
  for (const std::string& name : told.names) devices.push_back({name, &is_free});
  for (const std::string& id : told.ids) devices.push_back({id, &remote_device_is_free});
  return devices;
}

/// Another mount of the same device keeps it; then there is nothing to wait for.
bool still_mounted(const std::string& device) {
  const Result<std::vector<MountEntry>> table = read_mount_table();
  return table && find_mount_of(*table, device) != nullptr;
}

void wait_until_free(const Awaited& device, std::chrono::steady_clock::time_point deadline) {
  while (!device.is_free(device.name)) {
    if (std::chrono::steady_clock::now() > deadline) {
      print(stderr, "umount.zonecopyfs: {} is unmounted, but still in use after {} s\n", device.name, patience.count());
      return;
    }
    std::this_thread::sleep_for(retry_interval);
  }
}

/// The mount by its name in the directory that it is in. That directory is held, and so no link put into the path leads
/// elsewhere; the mount itself must not be held, which would keep it busy.
struct Target {
  MountEntry entry;
  MountIdentity identity;
  FileDescriptor parent;
  std::string name;
};

Result<Target> find_target(const std::string& directory) {
  Result<FileDescriptor> place = open_place(directory);
  if (!place) return make_error(directory, place.error().code());
  const Result<MountIdentity> identity = identity_of(place->get());
  if (!identity) return identity.error();
  Result<ReachedMount> reached = reach(*identity);
  if (!identity->is_root || !reached || !reached->entry.is_zonecopyfs()) {
    return make_error(directory, EINVAL, "zonecopyfs is not mounted here");
  }
  const std::filesystem::path path(reached->entry.mount_point);
  Result<FileDescriptor> parent = open_place(path.parent_path());
  if (!parent) return make_error(directory, parent.error().code());
  return Target{std::move(reached->entry), *identity, std::move(*parent), path.filename()};
}

/// In the parent as its working directory, as umount2(2) takes no descriptor.
int unmount_once(const Target& target, const UnmountCommand& command) {
  if (fchdir(target.parent.get()) != 0) return errno;
  {
    const FileDescriptor root(open(target.name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!root) return errno;
    const Result<MountIdentity> found = identity_of(root.get());
    if (!found || *found != target.identity) return ESTALE;
  }
  const int flags = UMOUNT_NOFOLLOW | (command.force ? MNT_FORCE : 0) | (command.lazy ? MNT_DETACH : 0);
  return umount2(target.name.c_str(), flags) == 0 ? 0 : errno;
}

Status explain_failure(const std::string& directory, const Target& target, int code, const UnmountCommand& command) {
  if (code == ESTALE) return make_error(directory, EBUSY, "another mount has come to its place meanwhile");
  if (code != EBUSY) return make_error(directory, code);
  if (!command.read_only_if_busy)
    return make_error(directory, EBUSY, "files in it are open, or it is a working directory");
  if (!set_read_only(target.identity, true)) {
    return make_error(directory, EBUSY, "neither unmounted nor made read-only: files in it are open for writing");
  }
  return make_error(directory, EBUSY, "made read-only instead");
}

}  // namespace

Status unmount(const UnmountCommand& command) {
  const Result<Target> target = find_target(command.directory);
  if (!target) return target.error();
  const std::string& directory = target->entry.mount_point;
  const std::vector<Awaited> devices = devices_to_wait_for(target->entry);
  const int code = unmount_once(*target, command);
  if (code == EPERM && geteuid() != 0) {
    const Status unmounted = unmount_by_fusermount(directory, command.lazy);
    if (!unmounted) return unmounted;
  } else if (code != 0) {
    return explain_failure(directory, *target, code, command);
  }
  if (command.verbose) print("umount: {} unmounted\n", directory);
  if (command.lazy || still_mounted(target->entry.source)) return {};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (const Awaited& device : devices) wait_until_free(device, deadline);
  return {};
}

}  // namespace zonecopy::zonefs
