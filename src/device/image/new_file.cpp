#include "src/device/image/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

namespace zonecopy {

int NewFile::open() {
  struct stat facts {};
  if (lstat(path_.c_str(), &facts) == 0) return EEXIST;
  const std::filesystem::path parent = std::filesystem::path(path_).parent_path();
  file_ = FileDescriptor(::open(parent.empty() ? "." : parent.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
  if (file_) return 0;
  if (errno != EOPNOTSUPP && errno != EISDIR) return errno;
  file_ = FileDescriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  named_ = static_cast<bool>(file_);
  return named_ ? 0 : errno;
}

int NewFile::publish() {
  if (!named_) {
    const std::string unnamed = fmt::format("/proc/self/fd/{}", file_.get());
    if (linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, path_.c_str(), AT_SYMLINK_FOLLOW) != 0) return errno;
  }
  published_ = true;
  return 0;
}

NewFile::~NewFile() {
  if (named_ && !published_) unlink(path_.c_str());
}

}  // namespace zonecopy
