#include "tools/zonecopy/error_line.h"

#include <pthread.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>

#include "zonefs/host/print.h"

namespace zonecopy::tools {

void write_error_line(std::string_view text) {
  sigset_t pipe_signal;
  sigset_t before;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  zonefs::print_text(stderr, text);
  std::fflush(stderr);
  // SIGPIPE comes to the thread that wrote: it is taken here, before it can be delivered.
  const timespec at_once{0, 0};
  while (sigtimedwait(&pipe_signal, nullptr, &at_once) < 0 && errno == EINTR) {
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace zonecopy::tools
