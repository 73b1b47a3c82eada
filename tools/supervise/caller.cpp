#include "tools/supervise/caller.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <cstring>

namespace zonecopy::supervise {

using zonefs::parse_credentials;
using zonefs::read_status;
using zonefs::status_line;

namespace {

constexpr unsigned pidfd_thread = O_EXCL;  // PIDFD_THREAD, from Linux 6.9 on

bool same_file(const std::string& path, const std::string& other_path) {
  struct stat facts {};
  struct stat other {};
  return stat(path.c_str(), &facts) == 0 && stat(other_path.c_str(), &other) == 0 && facts.st_dev == other.st_dev &&
         facts.st_ino == other.st_ino;
}

FileDescriptor open_pidfd(pid_t pid, unsigned flags) {
  return FileDescriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, flags)));
}

}  // namespace

bool proc_is_own() {
  const std::string status = read_status("/proc/self");
  // The numbers in the namespace of /proc, in one below it, and so on to the process's own. Missing without namespaces.
  const std::string_view numbers = status_line(status, "NSpid");
  const std::string own = fmt::format("\t{}", getpid());
  return (numbers.empty() ? status_line(status, "Pid") : numbers) == own;
}

bool Caller::read(std::uint64_t address, std::span<std::byte> bytes) const {
  const iovec here{bytes.data(), bytes.size()};
  const iovec there{reinterpret_cast<void*>(address), bytes.size()};
  return process_vm_readv(thread_, &here, 1, &there, 1, 0) == static_cast<ssize_t>(bytes.size());
}

std::optional<std::string> Caller::read_path(std::uint64_t address) const {
  constexpr std::size_t page_bytes = 4096;  // or a part of a page: a page is readable as a whole or not at all
  std::string path;
  while (path.size() < PATH_MAX) {
    const std::uint64_t at = address + path.size();
    std::array<std::byte, page_bytes> page;
    const std::span<std::byte> part(page.data(), page_bytes - at % page_bytes);
    if (!read(at, part)) return std::nullopt;
    const auto* text = reinterpret_cast<const char*>(part.data());
    const std::size_t length = strnlen(text, part.size());
    path.append(text, length);
    if (length < part.size()) break;
  }
  if (path.size() >= PATH_MAX) return std::nullopt;
  return path;
}

FileDescriptor Caller::descriptor(int fd) const {
  FileDescriptor process = open_pidfd(thread_, pidfd_thread);
  if (!process) {
    // An older kernel knows processes only. Threads nearly always share the descriptors of theirs.
    pid_t group = -1;
    const std::string status = read_status(fmt::format("/proc/{}", thread_));
    const std::string_view text = status_line(status, "Tgid");
    const std::size_t begin = std::min(text.find_first_not_of("\t "), text.size());
    std::from_chars(text.data() + begin, text.data() + text.size(), group);
    process = open_pidfd(group, 0);
  }
  if (!process) return {};
  return FileDescriptor(static_cast<int>(syscall(SYS_pidfd_getfd, process.get(), fd, 0)));
}

std::optional<Credentials> Caller::credentials() const {
  return parse_credentials(read_status(fmt::format("/proc/{}", thread_)));
}

std::string Caller::folder(std::string_view name) const { return fmt::format("/proc/{}/{}", thread_, name); }

bool Caller::shares(const std::string& name) const { return same_file(folder(name), "/proc/self/" + name); }

FileDescriptor Caller::base_of(const std::string& path, int directory_fd) const {
  if (!shares("root") || !shares("ns/mnt") || !shares("ns/user")) return {};
  return start_of(path, directory_fd);
}

FileDescriptor Caller::start_of(const std::string& path, int directory_fd) const {
  if (path.starts_with('/') || directory_fd == AT_FDCWD) {
    // By a link of /proc, which leads to the folder itself and not to its name.
    return FileDescriptor(open(folder("cwd").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  return descriptor(directory_fd);
}

}  // namespace zonecopy::supervise
