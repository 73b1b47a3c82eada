#include "tools/supervise/calls.h"

#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#include <algorithm>
#include <array>

namespace zonecopy::supervise {
namespace {

#if defined(__x86_64__)
constexpr std::array numbers = {CallNumbers{AUDIT_ARCH_X86_64, 16, 2, 85, 257, 437},
                                CallNumbers{AUDIT_ARCH_I386, 54, 5, 8, 295, 437}};
#elif defined(__aarch64__)
constexpr std::array numbers = {CallNumbers{AUDIT_ARCH_AARCH64, 29, CallNumbers::none, CallNumbers::none, 56, 437},
                                CallNumbers{AUDIT_ARCH_ARM, 54, 5, 8, 322, 437}};
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::array numbers = {CallNumbers{AUDIT_ARCH_RISCV64, 29, CallNumbers::none, CallNumbers::none, 56, 437}};
#else
constexpr std::array<CallNumbers, 0> numbers = {};
#endif

int descriptor(std::uint64_t argument) { return static_cast<int>(static_cast<std::uint32_t>(argument)); }

std::optional<Call> ioctl_call(const seccomp_data& data) {
  const auto request = static_cast<std::uint32_t>(data.args[1]);
  if (request == FICLONE) return CloneCall{descriptor(data.args[0]), descriptor(data.args[2])};
  if (request == FICLONERANGE) return CloneRangeCall{descriptor(data.args[0]), data.args[2]};
  return std::nullopt;
}

}  // namespace

std::span<const CallNumbers> known_call_numbers() { return numbers; }

std::optional<Call> call_of(const seccomp_data& data) {
  const auto of_program = [&](const CallNumbers& known) { return known.architecture == data.arch; };
  const auto known = std::ranges::find_if(numbers, of_program);
  if (known == numbers.end()) return std::nullopt;
  const auto number = static_cast<std::uint32_t>(data.nr);
  if (number == CallNumbers::none) return std::nullopt;
  if (number == known->ioctl) return ioctl_call(data);
  if (number == known->open) return OpenCall{AT_FDCWD, data.args[0], static_cast<std::uint32_t>(data.args[1])};
  if (number == known->creat) return OpenCall{AT_FDCWD, data.args[0], O_CREAT | O_WRONLY | O_TRUNC};
  if (number == known->openat) {
    return OpenCall{descriptor(data.args[0]), data.args[1], static_cast<std::uint32_t>(data.args[2])};
  }
  if (number == known->openat2) {
    return OpenCall{descriptor(data.args[0]), data.args[1], 0, data.args[2], data.args[3]};
  }
  return std::nullopt;
}

}  // namespace zonecopy::supervise
