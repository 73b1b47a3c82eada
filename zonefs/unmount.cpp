#include "unmount.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "mount_table.h"

namespace zonecopy::zonefs {
namespace {

constexpr std::chrono::seconds patience(10);
constexpr std::chrono::milliseconds retry_interval(20);

Error failed(const std::string& directory, int code, std::string detail = {}) {
  return Error(code, "unmount", std::move(detail)).on_device(directory);
}

/// Whether nobody holds the device: what a mount or format would find. A device that cannot be looked at counts as free.
bool is_free(const std::string& device) {
  struct stat facts {};
  if (stat(device.c_str(), &facts) != 0) return true;
  const int exclusive = S_ISBLK(facts.st_mode) ? O_EXCL : 0;
  const int fd = open(device.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | exclusive);
  if (fd < 0) return errno != EBUSY;
  const bool locked_by_other = S_ISREG(facts.st_mode) && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(fd);
  return !locked_by_other;
}

/// Another mount of the same device keeps it; then there is nothing to wait for.
bool still_mounted(const std::string& device) {
  const Result<std::vector<MountEntry>> table = read_mount_table();
  return table && find_mount_of(*table, device) != nullptr;
}

void wait_until_free(const std::string& device) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!is_free(device)) {
    if (std::chrono::steady_clock::now() > deadline) {
      fmt::print(stderr, "umount.zonecopyfs: {} is unmounted, but still in use after {} s\n", device, patience.count());
      return;
    }
    std::this_thread::sleep_for(retry_interval);
  }
}

/// Users may unmount what they mounted, but only by the set-user-id program of FUSE.
int unmount_as_user(const std::string& directory, bool lazy) {
  const pid_t child = fork();
  if (child < 0) return errno;
  if (child == 0) {
    execlp("fusermount3", "fusermount3", lazy ? "-uz" : "-u", "--", directory.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int wait_status = 0;
  while (waitpid(child, &wait_status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0 ? 0 : EPERM;
}

int unmount_once(const std::string& directory, const UnmountCommand& command) {
  const int flags = UMOUNT_NOFOLLOW | (command.force ? MNT_FORCE : 0) | (command.lazy ? MNT_DETACH : 0);
  if (umount2(directory.c_str(), flags) == 0) return 0;
  if (errno == EPERM && geteuid() != 0) return unmount_as_user(directory, command.lazy);
  return errno;
}

Status explain_failure(const std::string& directory, int code, const UnmountCommand& command) {
  if (code != EBUSY) return failed(directory, code);
  if (!command.read_only_if_busy) return failed(directory, EBUSY, "files in it are open, or it is a working directory");
  if (mount(nullptr, directory.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
    return failed(directory, EBUSY, "neither unmounted nor made read-only: files in it are open for writing");
  }
  return failed(directory, EBUSY, "made read-only instead");
}

}  // namespace

Status unmount(const UnmountCommand& command) {
  // A mount whose daemon is gone may not resolve any more, but can be unmounted.
  const Result<std::string> real_path = canonical_path(command.directory);
  const std::string& directory = real_path ? *real_path : command.directory;
  const Result<std::vector<MountEntry>> table = read_mount_table();
  if (!table) return table.error();
  const MountEntry* entry = find_mount_at(*table, directory);
  if (entry == nullptr || !entry->is_zonecopyfs()) return failed(directory, EINVAL, "zonecopyfs is not mounted here");

  const int code = unmount_once(directory, command);
  if (code != 0) return explain_failure(directory, code, command);
  if (command.verbose) fmt::print("umount: {} unmounted\n", directory);
  if (!command.lazy && !still_mounted(entry->source)) wait_until_free(entry->source);
  return {};
}

}  // namespace zonecopy::zonefs
