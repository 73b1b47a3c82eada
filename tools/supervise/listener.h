// Seccomp user notification (seccomp_unotify(2)): the filter of a command and the descriptor that tells of its calls.
#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"

namespace zonecopy::supervise {

/// Puts this process, and all that it will start or become, under make_filter(). Returns the descriptor for a Listener,
/// which has to be another process. There is no way back. Privileges are given up for good (no_new_privs) only where
/// the kernel demands it. The error's detail is for a person.
Result<FileDescriptor> install_filter();

/// The process that answers the calls which the filter notifies of. Its methods may be called by several threads.
class Listener {
 public:
  explicit Listener(FileDescriptor fd) : fd_(std::move(fd)) {}

  /// Waits for a call; nothing when no process has the filter any more.
  [[nodiscard]] std::optional<seccomp_notif> receive() const;
  /// Whether the caller still waits for this answer. What was read of a process is its own only if this holds
  /// afterwards: its number may have come to mean another process.
  [[nodiscard]] bool waits(std::uint64_t id) const;

  // Each ends the call, unless the caller is gone.
  /// The call returns 0, or fails with `code`.
  void answer(std::uint64_t id, int code) const;
  /// The kernel carries out the call.
  void let_through(std::uint64_t id) const;
  /// The call returns a new descriptor of what `fd` is open on. False if that could not be done: the call goes on
  /// waiting then, or the caller is gone.
  [[nodiscard]] bool answer_with_descriptor(std::uint64_t id, int fd, bool close_on_exec) const;

 private:
  void send(const seccomp_notif_resp& response) const;

  FileDescriptor fd_;
};

}  // namespace zonecopy::supervise
