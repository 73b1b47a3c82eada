#include "tools/zonecopy/interrupt.h"

#include <csignal>

#include "zonefs/host/process_start.h"

namespace zonecopy::tools {
namespace {

std::atomic<int> received = 0;
std::atomic<bool> stop = false;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free,
              "a signal handler sets them");

void remember(int signal) {
  received = signal;
  stop = true;
}

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = remember;  // without SA_RESTART: a copy under way ends early
  for (const int signal : zonefs::not_ignored({SIGINT, SIGTERM})) sigaction(signal, &action, nullptr);
}

bool interrupted() { return stop; }

const std::atomic<bool>& stop_flag() { return stop; }

void end_if_interrupted() {
  const int signal = received;
  if (signal == 0) return;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace zonecopy::tools
