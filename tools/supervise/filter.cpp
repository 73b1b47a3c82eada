#include "tools/supervise/filter.h"

#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/seccomp.h>

#include <bit>
#include <cstddef>

#include "tools/supervise/calls.h"

namespace zonecopy::supervise {
namespace {

using Program = std::vector<sock_filter>;

sock_filter load(std::size_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<__u32>(offset)); }
sock_filter load_number() { return load(offsetof(seccomp_data, nr)); }
sock_filter load_architecture() { return load(offsetof(seccomp_data, arch)); }

/// The low half of an argument: the kernel takes no more of a request of ioctl(2) or of the flags of open(2).
sock_filter load_argument(unsigned index) {
  constexpr std::size_t low_half = std::endian::native == std::endian::little ? 0 : sizeof(__u32);
  return load(offsetof(seccomp_data, args) + index * sizeof(__u64) + low_half);
}

sock_filter end(__u32 action) { return BPF_STMT(BPF_RET | BPF_K, action); }

/// Skips as many instructions where the loaded value is, or is not, `value`.
sock_filter compare(__u32 value, std::size_t skip_if_equal, std::size_t skip_if_not) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, static_cast<__u8>(skip_if_equal), static_cast<__u8>(skip_if_not));
}

/// `then`, which ends the program, where the loaded value is `value`.
void append_case(Program& program, __u32 value, const Program& then) {
  program.push_back(compare(value, 0, then.size()));
  program.insert(program.end(), then.begin(), then.end());
}

Program clone_check() {
  return {load_argument(1), compare(FICLONE, 1, 0), compare(FICLONERANGE, 0, 1), end(SECCOMP_RET_USER_NOTIF),
          end(SECCOMP_RET_ALLOW)};
}

/// O_EXCL makes a new file, which has nothing to lose.
Program open_check(unsigned flags_index) {
  return {load_argument(flags_index), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, O_TRUNC | O_EXCL), compare(O_TRUNC, 0, 1),
          end(SECCOMP_RET_USER_NOTIF), end(SECCOMP_RET_ALLOW)};
}

Program checks_of(const CallNumbers& numbers) {
  Program program = {load_number()};
  append_case(program, numbers.ioctl, clone_check());
  append_case(program, numbers.openat, open_check(2));
  if (numbers.open != CallNumbers::none) append_case(program, numbers.open, open_check(1));
  if (numbers.creat != CallNumbers::none) append_case(program, numbers.creat, {end(SECCOMP_RET_USER_NOTIF)});
  append_case(program, numbers.openat2, {end(SECCOMP_RET_USER_NOTIF)});
  program.push_back(end(SECCOMP_RET_ALLOW));
  return program;
}

}  // namespace

std::vector<sock_filter> make_filter() {
  Program program = {load_architecture()};
  for (const CallNumbers& numbers : known_call_numbers()) {
    append_case(program, numbers.architecture, checks_of(numbers));
  }
  program.push_back(end(SECCOMP_RET_ALLOW));
  return program;
}

}  // namespace zonecopy::supervise
