// The system calls that a supervised command has somebody else look at: clones of files, and opens that truncate. Pure.
#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

namespace zonecopy::supervise {

/// The numbers that the calls have for one kind of program. A machine may run several: 32-bit programs beside its own.
struct CallNumbers {
  static constexpr std::uint32_t none = 0xffffffff;  ///< this kind of program has no such call
  std::uint32_t architecture = 0;                    ///< AUDIT_ARCH_... of linux/audit.h
  std::uint32_t ioctl = none;
  std::uint32_t open = none;
  std::uint32_t creat = none;
  std::uint32_t openat = none;
  std::uint32_t openat2 = none;
};

/// All kinds of programs that this machine's kernel may run and whose calls are known. The calls of others (x32) go to
/// the kernel. This is no security decision.
[[nodiscard]] std::span<const CallNumbers> known_call_numbers();

/// ioctl(destination, FICLONE, source)
struct CloneCall {
  int destination_fd = -1;
  int source_fd = -1;
};

/// ioctl(destination, FICLONERANGE, struct file_clone_range*)
struct CloneRangeCall {
  int destination_fd = -1;
  std::uint64_t range_address = 0;
};

/// open, openat or creat; by openat2 the flags stand in memory.
struct OpenCall {
  int directory_fd = -1;
  std::uint64_t path_address = 0;
  std::uint64_t flags = 0;
  std::uint64_t how_address = 0;  ///< 0: `flags` tells
  std::uint64_t how_bytes = 0;
};

using Call = std::variant<CloneCall, CloneRangeCall, OpenCall>;

/// What a notification is about; nothing for a call that is not one of these.
[[nodiscard]] std::optional<Call> call_of(const seccomp_data& data);

}  // namespace zonecopy::supervise
