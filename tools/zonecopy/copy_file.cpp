#include "tools/zonecopy/copy_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <utility>

#include "tools/supervise/zone_file_info.h"
#include "zonecopy/image.h"

namespace zonecopy::tools {
namespace {

constexpr auto zonefs_magic = 0x5a4f4653;  // f_type of the kernel's zonefs (linux/magic.h)

Error make_error(const std::string& path, int code, std::string detail) {
  return Error(code, "open", std::move(detail)).on_device(path);
}

/// Why open(2) has failed, if the reason is special to zone files.
std::string advice(int code, CopyFile::Access access) {
  const bool to_write = access == CopyFile::Access::write;
  if (code == ENOENT && to_write) return "zone files are not made by copying; name one that is there, as in MOUNT/seq";
  if (code == EPERM) return to_write ? "its zone is read-only or offline" : "its zone is offline";
  if (code == EROFS) return "the mount is read-only";
  if (code == EBUSY && to_write) return "the device has no more open zones; close other zone files first";
  return {};
}

/// Why a regular file is no zone file of zonecopyfs.
std::string not_ours(const std::string& path, int fd) {
  struct statfs facts {};
  if (fstatfs(fd, &facts) == 0 && facts.f_type == zonefs_magic) {
    return "this is a file of the kernel's zonefs, where dd(1) with oflag=direct copies";
  }
  const Result<bool> image = is_image(path);
  if (image && *image) return "this is a zoned image, not a zone file: mount it, or copy it whole by cp(1)";
  return "this is no zone file of a mounted zonecopyfs; cp(1) copies ordinary files";
}

/// Checks the type before the open, since opening a device or a pipe has effects.
Status check_type(const std::string& path, CopyFile::Access access) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return make_error(path, errno, advice(errno, access));
  if (S_ISREG(facts.st_mode)) return {};
  if (S_ISDIR(facts.st_mode)) return make_error(path, EISDIR, "name a zone file, as in MOUNT/seq");
  if (S_ISBLK(facts.st_mode) || S_ISCHR(facts.st_mode)) {
    return make_error(path, EINVAL,
                      "this is a device, not a zone file: mount it by zonecopyfs(8), or copy it by dd(1)");
  }
  return make_error(path, EINVAL, "this is no zone file of a mounted zonecopyfs");
}

}  // namespace

Result<CopyFile> CopyFile::open(const std::string& path, Access access) {
  const Status file_type = check_type(path, access);
  if (!file_type) return file_type.error();
  const int flags = (access == Access::read ? O_RDONLY : O_WRONLY) | O_CLOEXEC | O_NONBLOCK;
  CopyFile file(FileDescriptor(::open(path.c_str(), flags)), path);
  if (!file.file_) return make_error(path, errno, advice(errno, access));
  const Status learnt = file.learn();
  if (!learnt) return learnt.error();
  return file;
}

Status CopyFile::learn() {
  const std::optional<zonecopy_file_info> info = ask();
  if (!info) return make_error(path_, EINVAL, not_ours(path_, fd()));
  info_ = *info;
  struct stat facts {};
  if (fstat(fd(), &facts) != 0) return make_error(path_, errno, {});
  size_bytes_ = static_cast<std::uint64_t>(facts.st_size);
  block_size_bytes_ = static_cast<std::uint64_t>(facts.st_blksize);
  device_number_ = facts.st_dev;
  inode_ = facts.st_ino;
  return {};
}

std::optional<zonecopy_file_info> CopyFile::ask() const { return supervise::ask_zone_file(fd()); }

}  // namespace zonecopy::tools
