// The filter of a supervised command, interpreted for calls of all kinds of programs.
#include "tools/supervise/filter.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/seccomp.h>

#include <cstring>

#include "tests/unit/supervise/seccomp_call.h"
#include "tools/supervise/calls.h"

namespace zonecopy::supervise {
namespace {

struct Outcome {
  std::uint32_t action = 0;
  bool looked_at_arguments = false;  ///< then the kernel has to run the filter for every call of the number
};

/// As the kernel runs it (the instructions that a filter may have are listed in kernel/seccomp.c).
Outcome interpret(const std::vector<sock_filter>& program, const seccomp_data& data) {
  Outcome outcome;
  std::uint32_t loaded = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& step = program.at(at);
    switch (step.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        EXPECT_LE(step.k + sizeof loaded, sizeof data);
        std::memcpy(&loaded, reinterpret_cast<const char*>(&data) + step.k, sizeof loaded);
        outcome.looked_at_arguments |= step.k >= offsetof(seccomp_data, args);
        break;
      case BPF_ALU | BPF_AND | BPF_K: loaded &= step.k; break;
      case BPF_JMP | BPF_JEQ | BPF_K: at += loaded == step.k ? step.jt : step.jf; break;
      case BPF_RET | BPF_K: outcome.action = step.k; return outcome;
      default: ADD_FAILURE() << "instruction " << step.code; return outcome;
    }
  }
  ADD_FAILURE() << "the program has no end";
  return outcome;
}

bool notifies(const seccomp_data& data) {
  const std::uint32_t action = interpret(make_filter(), data).action;
  EXPECT_TRUE(action == SECCOMP_RET_USER_NOTIF || action == SECCOMP_RET_ALLOW) << action;
  return action == SECCOMP_RET_USER_NOTIF;
}

TEST(Filter, notifies_of_clones_and_of_nothing_else_that_ioctl_does) {
  for (const CallNumbers& numbers : known_call_numbers()) {
    const auto ioctl = [&](std::uint64_t request) {
      return call(numbers.architecture, numbers.ioctl, {3, request, 4});
    };
    EXPECT_TRUE(notifies(ioctl(FICLONE)));
    EXPECT_TRUE(notifies(ioctl(FICLONERANGE)));
    EXPECT_TRUE(notifies(ioctl(FICLONE | 0xffffffff00000000))) << "the kernel takes the low half only";
    constexpr std::uint64_t others[] = {0, 0x5401, FIDEDUPERANGE, FIBMAP, FICLONE + 1, FICLONERANGE + 1};
    for (const std::uint64_t other : others) {
      EXPECT_FALSE(notifies(ioctl(other))) << other;
    }
    EXPECT_FALSE(notifies(call(numbers.architecture, numbers.ioctl, {FICLONE, 0, FICLONE})));
  }
}

TEST(Filter, notifies_of_opens_that_may_truncate_a_file) {
  struct Row {
    std::uint64_t flags;
    bool notified;
  };
  const Row rows[] = {{O_WRONLY | O_TRUNC, true},           {O_RDWR | O_TRUNC | O_CREAT | O_CLOEXEC, true},
                      {O_TRUNC | 0xffffffff00000000, true}, {O_WRONLY | O_CREAT | O_EXCL | O_TRUNC, false},
                      {O_WRONLY | O_CREAT, false},          {O_RDONLY, false},
                      {O_WRONLY | O_APPEND, false}};
  for (const CallNumbers& numbers : known_call_numbers()) {
    for (const auto& [flags, notified] : rows) {
      EXPECT_EQ(notifies(call(numbers.architecture, numbers.openat, {3, 0x1000, flags, O_TRUNC})), notified) << flags;
      if (numbers.open == CallNumbers::none) continue;
      EXPECT_EQ(notifies(call(numbers.architecture, numbers.open, {0x1000, flags, O_TRUNC})), notified) << flags;
    }
    if (numbers.creat != CallNumbers::none) {
      EXPECT_TRUE(notifies(call(numbers.architecture, numbers.creat, {0x1000, 0644})));
    }
    EXPECT_TRUE(notifies(call(numbers.architecture, numbers.openat2, {3, 0x1000, 0x2000, 24})));
  }
}

/// Their numbers alone decide, so that the kernel knows without running the filter.
TEST(Filter, lets_all_other_calls_through_by_their_number) {
  const std::vector<sock_filter> filter = make_filter();
  for (const CallNumbers& numbers : known_call_numbers()) {
    for (std::uint32_t number = 0; number < 1024; ++number) {
      const bool watched = number == numbers.ioctl || number == numbers.open || number == numbers.creat ||
                           number == numbers.openat || number == numbers.openat2;
      if (watched) continue;
      const Outcome outcome = interpret(filter, call(numbers.architecture, number, {3, FICLONE, O_TRUNC}));
      EXPECT_EQ(outcome.action, SECCOMP_RET_ALLOW) << number;
      EXPECT_FALSE(outcome.looked_at_arguments) << number;
    }
  }
}

TEST(Filter, leaves_programs_of_unknown_kinds_alone) {
  for (const std::uint32_t architecture : {0U, 1U, 0xffffffffU, std::uint32_t{AUDIT_ARCH_MIPS64}}) {
    for (std::uint32_t number = 0; number < 600; ++number) {
      EXPECT_FALSE(notifies(call(architecture, number, {3, FICLONE, O_TRUNC})));
    }
  }
#if defined(__x86_64__)
  constexpr std::uint32_t x32 = 0x40000000;
  for (std::uint32_t number = 0; number < 600; ++number) {
    EXPECT_FALSE(notifies(call(AUDIT_ARCH_X86_64, x32 | number, {3, FICLONE, O_TRUNC}))) << number;
  }
#endif
  EXPECT_FALSE(notifies(call(known_call_numbers().front().architecture, CallNumbers::none, {3, FICLONE, O_TRUNC})));
}

}  // namespace
}  // namespace zonecopy::supervise
