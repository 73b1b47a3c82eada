// What the thread is doing that waits for an answer. Linux tells in /proc (proc_pid_syscall(5), proc_pid_comm(5)), to root
// and, as far as its rules for debuggers allow, to the thread's own user.
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

/// A line of /proc/PID/syscall; absent where the thread runs or is in no system call.
[[nodiscard]] std::optional<SystemCall> parse_system_call(std::string_view line);

/// The system call that thread `pid` waits in. Waits a moment itself: a thread sends its request before it goes to sleep.
Task<std::optional<SystemCall>> system_call_of(EventLoop& loop, std::int32_t pid);

/// Whether the thread came by io_uring: in its system call, or as one of the threads that the kernel has for it.
[[nodiscard]] bool waits_in_io_uring(std::int32_t pid);

}  // namespace zonecopy::zonefs
