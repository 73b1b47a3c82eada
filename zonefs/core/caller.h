// The system call that the caller of a request is in, from /proc (proc_pid_syscall(5), proc_pid_comm(5)). Linux shows
// it to root and, as far as its ptrace access rules allow, to the user of the thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "zonecopy/event_loop.h"

namespace zonecopy::zonefs {

struct SystemCall {
  long number = -1;
  std::array<std::uint64_t, 6> arguments{};
};

/// Parses the line of /proc/PID/syscall; nothing where the thread runs, or is in no system call.
[[nodiscard]] std::optional<SystemCall> parse_system_call(std::string_view line);

/// The system call that thread `pid` sleeps in; nothing where that cannot be seen. A thread sends its request before it
/// goes to sleep, so this may wait a moment for it. On the loop's thread.
Task<std::optional<SystemCall>> system_call_of(EventLoop& loop, std::int32_t pid);

/// Whether thread `pid` sent its request through io_uring: it is in io_uring_enter(2), or is one of the kernel's
/// io_uring threads.
[[nodiscard]] bool waits_in_io_uring(std::int32_t pid);

/// Whether the line "SigPnd: …" of /proc/PID/status has SIGKILL (proc_pid_status(5)). The kernel turns every fatal
/// signal to a process into a SIGKILL for each of its threads.
[[nodiscard]] bool shows_pending_kill(std::string_view status);
/// Whether thread `pid` is being killed. False where that cannot be seen: the caller is in another pid namespace (FUSE
/// gives its pid as 0), or /proc does not show it.
[[nodiscard]] bool is_dying(std::int32_t pid);

}  // namespace zonecopy::zonefs
