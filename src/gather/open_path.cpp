#include "src/gather/open_path.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <utility>

#include "zonecopy/image.h"

namespace zonecopy::gather {
namespace {

Error make_error(const std::string& path, int code, std::string detail) {
  return Error(code, "open", std::move(detail)).on_device(path);
}

/// Why open(2) has failed, where the reason is special to zone files.
std::string advice(int code, bool to_write) {
  switch (code) {
    case ENOENT: return to_write ? "a gather makes no files: name one that is there, as MOUNT/seq/0" : "";
    case EPERM: return to_write ? "its zone is read-only or offline" : "its zone is offline";
    case EROFS: return "the mount is read-only";
    case EBUSY: return to_write ? "the device has no more open zones: close other zone files first" : "";
    default: return {};
  }
}

/// Looks before the open, since opening a device or a pipe has effects.
Status check_type(const std::string& path, bool to_write) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return make_error(path, errno, advice(errno, to_write));
  if (S_ISDIR(facts.st_mode)) return make_error(path, EISDIR, "name a file in it, as MOUNT/seq/0");
  if (S_ISBLK(facts.st_mode) || S_ISCHR(facts.st_mode)) {
    return make_error(path, EINVAL, "this is a device: name one of its zones, or a file of its mount");
  }
  if (!S_ISREG(facts.st_mode)) return make_error(path, EINVAL, "this is no regular file");
  const Result<bool> image = to_write ? is_image(path) : Result<bool>(false);
  if (image && *image) {
    return make_error(path, EINVAL, "this is a zoned image: name one of its zones, or a file of its mount");
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<MountFile>> open_path(const std::string& path, Gatherer::Access access) {
  const bool to_write = access == Gatherer::Access::write;
  const Status type = check_type(path, to_write);
  if (!type) return type.error();
  constexpr int flags = O_CLOEXEC | O_NONBLOCK;
  // A destination is opened for reading too, where that is allowed, so that it can be read back.
  FileDescriptor file(open(path.c_str(), flags | (to_write ? O_RDWR : O_RDONLY)));
  if (!file && to_write && errno == EACCES) file = FileDescriptor(open(path.c_str(), flags | O_WRONLY));
  if (!file) return make_error(path, errno, advice(errno, to_write));
  return MountFile::take(std::move(file), path);
}

Result<std::shared_ptr<MountFile>> open_duplicate(int descriptor) {
  FileDescriptor file(fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (!file) return Error(errno, "open", fmt::format("descriptor {}", descriptor));
  std::error_code failure;
  std::string name = std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", descriptor), failure).string();
  if (failure || name.empty()) name = fmt::format("descriptor {}", descriptor);
  return MountFile::take(std::move(file), std::move(name));
}

}  // namespace zonecopy::gather
