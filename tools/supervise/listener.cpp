#include "tools/supervise/listener.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tools/supervise/filter.h"

namespace zonecopy::supervise {
namespace {

/// From Linux 5.19 on. Without it a signal that the caller handles ends the wait for an answer, and the call begins anew.
constexpr unsigned long wait_killable = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

int try_to_install(const sock_fprog& program, unsigned long flags) {
  // Without SPEC_ALLOW old kernels slow down a process with a filter by guards against speculation.
  flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  return static_cast<int>(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}

std::string reason(int code) {
  switch (code) {
    case EBUSY:
      return "another program already supervises what runs here by seccomp (a container, or another 'zonecopy run')";
    case EPERM:
    case EACCES: return "seccomp is forbidden here, as in some containers";
    case ENOSYS:
    case EINVAL: return "this kernel has no seccomp user notification, which came with Linux 5.0";
    default: return {};
  }
}

Error make_error(int code) { return Error(code, "supervise", reason(code)); }

}  // namespace

Result<FileDescriptor> install_filter() {
  std::vector<sock_filter> filter = make_filter();
  if (filter.size() < 3) return Error(ENOSYS, "supervise", "this kind of processor is not known to zonecopy run");
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  int fd = try_to_install(program, wait_killable);
  if (fd < 0 && errno == EACCES) {
    // Not privileged: who has a filter must not gain privileges by a setuid program.
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return make_error(errno);
    fd = try_to_install(program, wait_killable);
  }
  if (fd < 0 && errno == EINVAL) fd = try_to_install(program, 0);
  if (fd < 0) return make_error(errno);
  return FileDescriptor(fd);
}

std::optional<seccomp_notif> Listener::receive() const {
  while (true) {
    pollfd ready{fd_.get(), POLLIN, 0};
    if (poll(&ready, 1, -1) < 0 && errno != EINTR) return std::nullopt;
    if ((ready.revents & POLLIN) != 0) {
      seccomp_notif call{};  // the kernel wants it zeroed
      if (ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_RECV, &call) == 0) return call;
      // ENOENT: the caller was killed in between.
    } else if ((ready.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
      return std::nullopt;
    }
  }
}

bool Listener::waits(std::uint64_t id) const { return ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0; }

void Listener::send(const seccomp_notif_resp& response) const {
  seccomp_notif_resp copy = response;
  while (ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_SEND, &copy) != 0 && errno == EINTR) continue;
}

void Listener::answer(std::uint64_t id, int code) const {
  seccomp_notif_resp response{};
  response.id = id;
  response.error = -code;
  send(response);
}

void Listener::let_through(std::uint64_t id) const {
  seccomp_notif_resp response{};
  response.id = id;
  response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  send(response);
}

bool Listener::answer_with_descriptor(std::uint64_t id, int fd, bool close_on_exec) const {
  seccomp_notif_addfd handed{};
  handed.id = id;
  handed.flags = SECCOMP_ADDFD_FLAG_SEND;
  handed.srcfd = static_cast<__u32>(fd);
  handed.newfd_flags = close_on_exec ? O_CLOEXEC : 0;
  return ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_ADDFD, &handed) >= 0;
}

}  // namespace zonecopy::supervise
