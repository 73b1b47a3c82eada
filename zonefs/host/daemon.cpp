#include "zonefs/host/daemon.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "zonefs/host/pipe.h"
#include "zonefs/host/print.h"

namespace zonecopy::zonefs {
namespace {

constexpr char success_mark = '+';

/// The part of the command: waits for the message of its child, prints it and exits.
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
  const FileDescriptor null(open("/dev/null", O_RDWR | O_CLOEXEC));  // not 0 to 2, as these are open
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null.get(), fd);
}

void write_words(int fd, const std::string& words) {
  if (write(fd, words.data(), words.size()) < 0) return;  // the command has ended
}

}  // namespace

Launch Launch::in_background() {
  std::optional<Pipe> pipe = make_pipe();
  const pid_t child = pipe ? fork() : -1;
  if (child < 0) {
    print(stderr, "zonecopyfs: cannot start the daemon: {}\n", std::strerror(errno));
    std::exit(1);
  }
  if (child > 0) {
    pipe->writing = FileDescriptor();
    wait_for_child(pipe->reading.get());
  }
  leave_terminal();
  return Launch(std::move(pipe->writing));
}

void Launch::succeed() {
  if (!pipe_) return;
  write_words(pipe_.get(), std::string(1, success_mark));
  pipe_ = FileDescriptor();
}

void Launch::fail(const std::string& line) {
  if (!pipe_) {
    print(stderr, "{}\n", line);
    return;
  }
  write_words(pipe_.get(), line + '\n');
  pipe_ = FileDescriptor();
}

}  // namespace zonecopy::zonefs
