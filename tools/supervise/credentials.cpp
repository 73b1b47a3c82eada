#include "tools/supervise/credentials.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "tools/supervise/caller.h"

namespace zonecopy::supervise {
namespace {

/// The numbers of a line, which stand between blanks.
template <typename Number>
std::vector<Number> numbers_in(std::string_view line, int base) {
  std::vector<Number> numbers;
  while (!line.empty()) {
    Number number{};
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number, base);
    const auto used = static_cast<std::size_t>(end - line.data());
    if (error == std::errc()) numbers.push_back(number);
    line.remove_prefix(std::max<std::size_t>(used, 1));
  }
  return numbers;
}

bool set_capabilities(std::uint64_t effective) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return false;
  sets[0].effective = static_cast<__u32>(effective);
  sets[1].effective = static_cast<__u32>(effective >> 32);
  return syscall(SYS_capset, &header, sets.data()) == 0;
}

}  // namespace

std::optional<Credentials> parse_credentials(std::string_view status) {
  const auto users = numbers_in<uid_t>(status_line(status, "Uid"), 10);
  const auto groups = numbers_in<gid_t>(status_line(status, "Gid"), 10);
  const auto capabilities = numbers_in<std::uint64_t>(status_line(status, "CapEff"), 16);
  constexpr std::size_t file_id = 3;  // after the real, the effective and the saved one
  if (users.size() <= file_id || groups.size() <= file_id || capabilities.empty()) return std::nullopt;
  Credentials credentials{users[file_id], groups[file_id], numbers_in<gid_t>(status_line(status, "Groups"), 10),
                          capabilities.front()};
  std::ranges::sort(credentials.groups);
  return credentials;
}

bool assume(const Credentials& wanted) {
  const std::optional<Credentials> own = parse_credentials(read_status("/proc/thread-self"));
  if (!own) return false;
  if (*own == wanted) return true;
  // The plain system calls: those of the C library change all threads. The user last, as the others need privileges.
  if (own->groups != wanted.groups && syscall(SYS_setgroups, wanted.groups.size(), wanted.groups.data()) != 0) {
    return false;
  }
  if (own->group != wanted.group) syscall(SYS_setfsgid, wanted.group);
  if (own->user != wanted.user) syscall(SYS_setfsuid, wanted.user);
  if (!set_capabilities(wanted.capabilities)) return false;
  return parse_credentials(read_status("/proc/thread-self")) == wanted;  // setfsuid(2) tells no errors
}

}  // namespace zonecopy::supervise
