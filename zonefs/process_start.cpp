#include "process_start.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace zonecopy::zonefs {

void open_standard_files() {
  // Always the lowest number that is free.
  int fd = 0;
  do {
    fd = open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) close(fd);
}

void make_size_limit_an_error() { signal(SIGXFSZ, SIG_IGN); }

void shed_inheritance() {
  (void)close_range(STDERR_FILENO + 1, ~0U, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGCHLD, SIG_DFL);  // ignored, it would hide how fusermount3 has ended
  signal(SIGUSR2, SIG_DFL);  // ours
  make_size_limit_an_error();
  for (const auto resource : {RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_CPU}) {
    rlimit limit{};
    if (getrlimit(resource, &limit) != 0) continue;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(resource, &limit);
  }
  umask(022);
}

std::vector<int> not_ignored(std::vector<int> signals) {
  std::erase_if(signals, [](int signal) {
    struct sigaction action {};
    return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
  });
  return signals;
}

}  // namespace zonecopy::zonefs
