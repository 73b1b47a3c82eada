#include "tools/supervise/credentials.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace zonecopy::supervise {

using zonefs::parse_credentials;
using zonefs::read_status;

namespace {

bool set_capabilities(std::uint64_t effective) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return false;
  sets[0].effective = static_cast<__u32>(effective);
  sets[1].effective = static_cast<__u32>(effective >> 32);
  return syscall(SYS_capset, &header, sets.data()) == 0;
}

}  // namespace

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
