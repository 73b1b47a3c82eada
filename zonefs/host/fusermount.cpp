#include "zonefs/host/fusermount.h"

#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cstring>
#include <optional>
#include <vector>

#include "zonefs/host/pipe.h"

namespace zonecopy::zonefs {
namespace {

constexpr const char* program = "fusermount3";

Error make_error(const std::string& operation, const std::string& place, int code, std::string detail) {
  return Error(code, operation, std::move(detail)).on_device(place);
}

/// Reads everything until the other end is closed.
std::string read_to_end(int fd) {
  std::string words;
  char part[512];
  while (true) {
    const ssize_t count = read(fd, part, sizeof part);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return words;
    words.append(part, static_cast<std::size_t>(count));
  }
}

/// The reason in "fusermount3: reason\n".
std::string reason_in(std::string words) {
  const std::string prefix = std::string(program) + ": ";
  while (words.ends_with('\n')) words.pop_back();
  if (words.starts_with(prefix)) words.erase(0, prefix.size());
  return words;
}

/// The environment, with the variable that tells the program over which socket to send the descriptor of /dev/fuse.
std::vector<char*> environment_with(std::string& comm_variable) {
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  if (!comm_variable.empty()) variables.push_back(comm_variable.data());
  variables.push_back(nullptr);
  return variables;
}

/// Starts the program with `error_fd` as its standard error, and with the default signal mask and dispositions.
int spawn(std::vector<std::string> words, int error_fd, int comm_fd, pid_t* child) {
  std::string comm_variable;
  constexpr int comm_number = 3;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, error_fd, STDERR_FILENO);
  if (comm_fd >= 0) {
    posix_spawn_file_actions_adddup2(&actions, comm_fd, comm_number);
    comm_variable = fmt::format("_FUSE_COMMFD={}", comm_number);
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGCHLD}) sigaddset(&defaults, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::vector<char*> variables = environment_with(comm_variable);
  const int code = posix_spawnp(child, program, &actions, &attributes, arguments.data(), variables.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return code;
}

/// Runs the program and waits for its end.
Status run(const std::string& operation, std::vector<std::string> words, int comm_fd) {
  const std::string place = words.back();
  std::optional<Pipe> pipe = make_pipe();
  if (!pipe) return make_error(operation, place, errno, {});
  pid_t child = 0;
  const int code = spawn(std::move(words), pipe->writing.get(), comm_fd, &child);
  if (code == ENOENT) return make_error(operation, place, code, "users need fusermount3, of the package fuse3");
  if (code != 0) return make_error(operation, place, code, "fusermount3 cannot be run");
  pipe->writing = FileDescriptor();
  const std::string reason = reason_in(read_to_end(pipe->reading.get()));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return make_error(operation, place, EPERM, reason.empty() ? "fusermount3 refuses" : "fusermount3 says: " + reason);
}

/// The descriptor that is received from `socket_fd` (SCM_RIGHTS); empty if none came.
FileDescriptor receive_descriptor(int socket_fd) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) <= 0) return {};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return FileDescriptor(fd);
}

}  // namespace

Result<FileDescriptor> mount_by_fusermount(const std::string& options, const std::string& mount_point) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return make_error("mount", mount_point, errno, {});
  const FileDescriptor ours(ends[0]);
  const FileDescriptor theirs(ends[1]);
  const Status mounted = run("mount", {program, "-o", options, "--", mount_point}, theirs.get());
  if (!mounted) return mounted.error();
  FileDescriptor device = receive_descriptor(ours.get());
  if (!device) return make_error("mount", mount_point, EIO, "fusermount3 has passed on no descriptor");
  return device;
}

Status unmount_by_fusermount(const std::string& mount_point, bool lazy) {
  return run("unmount", {program, lazy ? "-uz" : "-u", "--", mount_point}, -1);
}

}  // namespace zonecopy::zonefs
