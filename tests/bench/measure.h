// What the measuring programs share: time, medians, sizes, files.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/falloc.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "zonecopy/size.h"

namespace bench {

inline constexpr std::size_t mebibyte = 1U << 20;

/// A benchmark that cannot do what it was asked to has nothing to report.
template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> text, Args&&... args) {
  fmt::print(stderr, "{}\n", fmt::format(text, std::forward<Args>(args)...));
  std::exit(1);
}

[[noreturn]] inline void fail_errno(std::string_view what, std::string_view path) {
  const int code = errno;
  fail("{} {}: {}", what, path, std::strerror(code));
}

/// A read or write that did less than all has failed.
inline void expect_all(ssize_t result, std::size_t wanted, std::string_view what, std::string_view path) {
  if (result < 0) fail_errno(what, path);
  if (static_cast<std::size_t>(result) != wanted) fail("{} {}: {} of {} bytes", what, path, result, wanted);
}

[[nodiscard]] inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// CPU time of all threads of a process, those that have ended too.
[[nodiscard]] inline double cpu_seconds(int pid) {
  clockid_t clock = 0;
  timespec now{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &now) != 0)
    fail("process {} is not there", pid);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

[[nodiscard]] inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// "64MiB", "4KiB", "1GiB" or a plain number of bytes.
[[nodiscard]] inline std::uint64_t parse_size(const std::string& text) {
  const zonecopy::Result<std::uint64_t> size = zonecopy::parse_size(text);
  if (!size) fail("{}", size.error().detail());
  return *size;
}

class File {
 public:
  File(const std::string& path, int flags) : path_(path), fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd_ < 0) fail_errno("open", path);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { ::close(fd_); }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t size() const {
    struct stat status {};
    if (::fstat(fd_, &status) != 0) fail_errno("stat", path_);
    return static_cast<std::uint64_t>(status.st_size);
  }

  /// Empties a zone, or gives the space of an ordinary file back: the same work for the file system beneath.
  void reset() const {
    constexpr long fuse_magic = 0x65735546;
    struct statfs file_system {};
    if (::fstatfs(fd_, &file_system) != 0) fail_errno("statfs", path_);
    const std::uint64_t length = size();
    if (file_system.f_type == fuse_magic || length == 0) {
      if (::ftruncate(fd_, 0) != 0) fail_errno("truncate", path_);
    } else if (::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(length)) != 0) {
      fail_errno("fallocate", path_);
    }
  }

  void sync() const {
    if (::fdatasync(fd_) != 0) fail_errno("fdatasync", path_);
  }

 private:
  std::string path_;
  int fd_;
};

/// Page-aligned memory, filled with something that no file system takes for zeros.
class Memory {
 public:
  explicit Memory(std::size_t size) : bytes_(static_cast<std::byte*>(std::aligned_alloc(4096, size)), &std::free) {
    if (!bytes_) fail("no memory");
    std::uint64_t state = 88172645463325252U;
    for (std::size_t i = 0; i < size; ++i) {
      state ^= state << 13U;
      state ^= state >> 7U;
      state ^= state << 17U;
      bytes_.get()[i] = static_cast<std::byte>(state);
    }
  }
  [[nodiscard]] std::byte* data() const { return bytes_.get(); }

 private:
  std::unique_ptr<std::byte, decltype(&std::free)> bytes_;
};

}  // namespace bench
