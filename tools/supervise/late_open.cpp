#include "tools/supervise/late_open.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "src/gather/mount_call.h"
#include "zonefs/host/mount_identity.h"

namespace zonecopy::supervise {
namespace {

/// The flags of the call; 0 where they are not those of an open that is of interest here.
std::uint64_t flags_of(const Caller& caller, const OpenCall& call) {
  std::uint64_t flags = call.flags;
  if (call.how_address != 0) {
    open_how how{};
    const bool known = call.how_bytes == sizeof how &&
                       caller.read(call.how_address, std::as_writable_bytes(std::span(&how, 1))) && how.resolve == 0;
    flags = known ? how.flags : 0;
  }
  const bool may_write = (flags & O_ACCMODE) == O_WRONLY || (flags & O_ACCMODE) == O_RDWR;
  constexpr std::uint64_t others = O_PATH | O_EXCL | O_DIRECTORY | __O_TMPFILE;
  return may_write && (flags & O_TRUNC) != 0 && (flags & others) == 0 ? flags : 0;
}

/// The file, by a descriptor that neither reads nor writes: nothing but the folders on the way is asked.
FileDescriptor find(const FileDescriptor& base, const std::string& path, std::uint64_t flags) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC | (flags & O_NOFOLLOW);
  // "/proc/self/fd/1" and "/dev/stdout" are other files here than for the caller.
  how.resolve = RESOLVE_NO_MAGICLINKS;
  return FileDescriptor(static_cast<int>(syscall(SYS_openat2, base.get(), path.c_str(), &how, sizeof how)));
}

/// Whether it is a file of a zonecopyfs mount, as the mount table knows: no other file system is to notice anything.
bool is_on_zonecopyfs(int fd) {
  struct statfs system {};
  if (fstatfs(fd, &system) != 0 || system.f_type != FUSE_SUPER_MAGIC) return false;
  const Result<zonefs::MountIdentity> mount = zonefs::identity_of(fd);
  const Result<std::vector<zonefs::MountEntry>> table = zonefs::read_mount_table();
  if (!mount || !table) return false;
  return std::ranges::any_of(
      *table, [&](const zonefs::MountEntry& entry) { return entry.id == mount->id && entry.is_zonecopyfs(); });
}

/// Whether the file is certainly on no FUSE file system, or not there: nearly all are, and to find that out costs little.
/// By this process's own rights, which may be less than the caller's: a refusal says nothing.
bool is_elsewhere(const Caller& caller, const OpenCall& call, const std::string& path, std::uint64_t flags) {
  FileDescriptor base;  // none for an absolute path
  if (!path.starts_with('/')) base = caller.start_of(path, call.directory_fd);
  const FileDescriptor found = find(base, path, flags);
  if (!found) return errno == ENOENT;
  struct statfs system {};
  return fstatfs(found.get(), &system) == 0 && system.f_type != FUSE_SUPER_MAGIC;
}

/// An open zone file that will be truncated late; none where it is no such, or the kernel has to say what is wrong.
FileDescriptor open_late(const Listener& listener, std::uint64_t id, const Caller& caller, const OpenCall& call,
                         std::uint64_t flags) {
  const std::optional<std::string> path = caller.read_path(call.path_address);
  if (!path || path->empty() || is_elsewhere(caller, call, *path, flags)) return {};
  const std::optional<Credentials> credentials = caller.credentials();
  if (!credentials) return {};
  const FileDescriptor base = caller.base_of(*path, call.directory_fd);
  // All that was read so far is the caller's own, and not of a process that has got its number.
  if (!base || !listener.waits(id) || !assume(*credentials)) return {};
  const FileDescriptor found = find(base, *path, flags);
  struct stat facts {};
  if (!found || fstat(found.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return {};
  if (!is_on_zonecopyfs(found.get())) return {};
  constexpr std::uint64_t done = O_TRUNC | O_CREAT | O_NOFOLLOW;
  const int flags_left = static_cast<int>((flags & ~done) | O_CLOEXEC);
  FileDescriptor file(open(zonefs::path_of_descriptor(found.get()).c_str(), flags_left));
  const std::optional<zonecopy_file_info> info = file ? gather::ask_file_info(file.get()) : std::nullopt;
  // A conventional file keeps its contents anyway. The mount has to see its O_TRUNC, as it fills gaps after it.
  if (!info || info->sequential == 0) return {};
  // A mount of an older version does not know the request.
  if (ioctl(file.get(), ZONECOPY_IOC_TRUNCATE_LATER) != 0) return {};
  // The kernel learns that the file is empty, by which it tells where SEEK_END is.
  if (fstat(file.get(), &facts) != 0) return {};
  return file;
}

}  // namespace

bool may_be_late(const Caller& caller, const OpenCall& call) { return flags_of(caller, call) != 0; }

void answer_open(const Listener& listener, std::uint64_t id, const Caller& caller, const OpenCall& call) {
  const std::uint64_t flags = flags_of(caller, call);
  const FileDescriptor file = flags != 0 ? open_late(listener, id, caller, call, flags) : FileDescriptor();
  if (!file) return listener.let_through(id);
  if (listener.waits(id) && listener.answer_with_descriptor(id, file.get(), (flags & O_CLOEXEC) != 0)) return;
  // The caller is gone, or may not have more files open, which the kernel will tell it.
  (void)ioctl(file.get(), ZONECOPY_IOC_KEEP_OLD);
  listener.let_through(id);
}

}  // namespace zonecopy::supervise
