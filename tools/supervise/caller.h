// The thread of a supervised command that waits for an answer: its memory, descriptors and folders. What is learnt here
// counts only if Listener::waits() holds afterwards.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tools/supervise/credentials.h"
#include "zonecopy/file_descriptor.h"

namespace zonecopy::supervise {

/// Whether /proc has processes by the numbers that system calls have for them here: another process namespace's has not,
/// and by its numbers a wrong process would be looked at.
[[nodiscard]] bool proc_is_own();

class Caller {
 public:
  explicit Caller(pid_t thread) : thread_(thread) {}

  /// Fills all of `bytes` from an address of the caller; false where that is impossible.
  [[nodiscard]] bool read(std::uint64_t address, std::span<std::byte> bytes) const;
  /// A path in the caller's memory; nothing where it cannot be read or is too long.
  [[nodiscard]] std::optional<std::string> read_path(std::uint64_t address) const;
  /// A duplicate of the caller's descriptor; none where it has no such, or this process may not look.
  [[nodiscard]] FileDescriptor descriptor(int fd) const;
  [[nodiscard]] std::optional<Credentials> credentials() const;
  /// The folder from which the kernel would follow `path`, which is relative to the caller's `directory_fd` or absolute.
  /// None where this process would end up elsewhere by it, as its own root, mounts or users are others.
  [[nodiscard]] FileDescriptor base_of(const std::string& path, int directory_fd) const;
  /// The same without that check.
  [[nodiscard]] FileDescriptor start_of(const std::string& path, int directory_fd) const;

 private:
  [[nodiscard]] std::string folder(std::string_view name) const;
  [[nodiscard]] bool shares(const std::string& name) const;

  pid_t thread_;
};

}  // namespace zonecopy::supervise
