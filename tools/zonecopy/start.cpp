#include "tools/zonecopy/start.h"

#include <fcntl.h>

#include <csignal>

#include "zonefs/host/process_start.h"

namespace zonecopy::tools {

StartState prepare_process() {
  StartState start;
  for (int fd = 0; fd < static_cast<int>(start.closed.size()); ++fd) start.closed.at(fd) = fcntl(fd, F_GETFD) < 0;
  struct sigaction action {};
  start.size_limit_signal_ignored = sigaction(SIGXFSZ, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
  zonefs::open_standard_files();
  zonefs::make_size_limit_an_error();
  return start;
}

void restore_process(const StartState& start) {
  for (int fd = 0; fd < static_cast<int>(start.closed.size()); ++fd) {
    if (start.closed.at(fd)) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  if (!start.size_limit_signal_ignored) std::signal(SIGXFSZ, SIG_DFL);
}

}  // namespace zonecopy::tools
