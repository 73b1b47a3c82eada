#include "tools/supervise/start.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <span>

#include "tools/supervise/caller.h"
#include "zonefs/host/process_start.h"

namespace zonecopy::supervise {
namespace {

Error make_error(int code, std::string detail = {}) { return Error(code, "supervise", std::move(detail)); }

// Command and supervisor speak by a pair of sockets: the supervisor says whether it can look into the command, the
// command hands over the listener, the supervisor confirms.

struct Message {
  int code = 0;  ///< 0 or an errno
};

bool send_message(int socket, Message message, int fd = -1) {
  iovec part{&message, sizeof message};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fd)> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (fd >= 0) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  }
  return sendmsg(socket, &header, MSG_NOSIGNAL) == sizeof message;
}

struct Received {
  Message message;
  FileDescriptor fd;
};

/// Nothing where the other side has ended.
std::optional<Received> receive_message(int socket) {
  Received received;
  iovec part{&received.message, sizeof received.message};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t count = -1;
  do {
    count = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count != sizeof received.message) return std::nullopt;
  if (const cmsghdr* rights = CMSG_FIRSTHDR(&header); rights != nullptr && rights->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(rights), sizeof fd);
    received.fd = FileDescriptor(fd);
  }
  return received;
}

/// Takes nothing along of what the command has: pipes are to end with it, and no folder is to stay busy.
void leave_everything(int socket) {
  const int null = open("/dev/null", O_RDWR);
  // The socket becomes the lowest descriptor, and all above 2 are closed.
  dup2(socket, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  dup2(null, STDERR_FILENO);
  zonefs::shed_inheritance();
  std::signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_NAME, "zonecopy-run");
  if (chdir("/") != 0) return;  // then it stays where it is
}

/// Whether this process may do with the command what clones need; 0 or an errno.
int try_to_look_into(pid_t command, const Message* there, int its_descriptor) {
  const Caller caller(command);
  Message message;
  errno = 0;
  if (!caller.read(reinterpret_cast<std::uint64_t>(there), std::as_writable_bytes(std::span(&message, 1)))) {
    return errno != 0 ? errno : EPERM;
  }
  if (!caller.descriptor(its_descriptor)) return errno != 0 ? errno : EPERM;
  return 0;
}

[[noreturn]] void be_supervisor(int look_code, SuperviseOptions options) {
  constexpr int socket = STDIN_FILENO;
  if (!send_message(socket, Message{look_code}) || look_code != 0) _exit(1);
  std::optional<Received> received = receive_message(socket);
  if (!received || !received->fd) _exit(1);  // the command's side has failed and says so
  Listener listener(std::move(received->fd));
  if (!send_message(socket, Message())) _exit(1);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(null, socket);
  close(null);
  Supervisor(std::move(listener), options).run();
  _exit(0);
}

/// The child of the command, which leaves a child of its own behind that nobody waits for.
[[noreturn]] void leave_supervisor(int socket, int command_socket, const Message* there, SuperviseOptions options) {
  const pid_t command = getppid();
  setsid();
  const pid_t supervisor = fork();
  if (supervisor != 0) _exit(supervisor < 0 ? errno : 0);
  const int code = try_to_look_into(command, there, command_socket);
  leave_everything(socket);
  be_supervisor(code, options);
}

}  // namespace

bool is_supervised() {
  const pid_t child = fork();
  if (child == 0) {
    const Result<FileDescriptor> filter = install_filter();
    _exit(!filter && filter.error().code() == EBUSY ? 1 : 0);
  }
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

Status start_supervisor(SuperviseOptions options) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return make_error(errno);
  const FileDescriptor mine(ends[0]);
  FileDescriptor theirs(ends[1]);
  const Message probe;  // at the same address in both processes
  // As fork(2), but without SIGCHLD, which the command would find pending.
  const auto child = static_cast<pid_t>(syscall(SYS_clone, 0UL, nullptr, nullptr, nullptr, 0UL));
  if (child < 0) return make_error(errno);
  if (child == 0) leave_supervisor(theirs.get(), mine.get(), &probe, options);
  theirs = FileDescriptor();
  int status = 0;
  while (waitpid(child, &status, __WALL) < 0 && errno == EINTR) continue;
  const std::optional<Received> ready = receive_message(mine.get());
  if (!ready) return make_error(ECHILD, "the supervising process could not be started");
  if (ready->message.code != 0) {
    return make_error(ready->message.code,
                      "processes may not be looked into here (Yama's ptrace_scope, or a container)");
  }
  const Result<FileDescriptor> filter = install_filter();
  if (!filter) return filter.error();
  if (!send_message(mine.get(), Message(), filter->get()) || !receive_message(mine.get())) {
    return make_error(ECHILD, "the supervising process has ended");
  }
  return {};
}

}  // namespace zonecopy::supervise
