#include "zonefs/host/daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "zonefs/host/print.h"

namespace zonecopy::zonefs {
namespace {

constexpr char success_mark = '+';

/// The command's part: waits for the word of its child, passes it on, ends.
[[noreturn]] void wait_for_child(int pipe_fd) {
  std::string words;
  char part[512];
  while (true) {
    const ssize_t count = read(pipe_fd, part, sizeof part);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    words.append(part, static_cast<std::size_t>(count));
    if (words.front() == success_mark) _exit(0);
  }
  if (words.empty()) words = "zonecopyfs: the daemon ended before the mount was ready; the system log may say why\n";
  print(stderr, "{}", words);
  std::fflush(stderr);
  _exit(1);
}

void leave_terminal() {
  setsid();
  if (chdir("/") != 0) _exit(1);
  const int null_fd = open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null_fd, fd);
  if (null_fd > STDERR_FILENO) close(null_fd);
}

void write_words(int fd, const std::string& words) {
  if (write(fd, words.data(), words.size()) < 0) return;  // nobody waits any more
}

}  // namespace

Launch Launch::in_background() {
  int ends[2];
  const pid_t child = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
  if (child < 0) {
    print(stderr, "zonecopyfs: cannot start the daemon: {}\n", std::strerror(errno));
    std::exit(1);
  }
  if (child > 0) {
    close(ends[1]);
    wait_for_child(ends[0]);
  }
  close(ends[0]);
  leave_terminal();
  return Launch(ends[1]);
}

void Launch::succeed() {
  if (pipe_fd_ < 0) return;
  write_words(pipe_fd_, std::string(1, success_mark));
  close(pipe_fd_);
  pipe_fd_ = -1;
}

void Launch::fail(const std::string& line) {
  if (pipe_fd_ < 0) {
    print(stderr, "{}\n", line);
    return;
  }
  write_words(pipe_fd_, line + '\n');
  close(pipe_fd_);
  pipe_fd_ = -1;
}

}  // namespace zonecopy::zonefs
