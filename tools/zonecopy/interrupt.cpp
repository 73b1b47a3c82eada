#include "tools/zonecopy/interrupt.h"

#include <csignal>

#include <array>

namespace zonecopy::tools {
namespace {

constexpr std::array signals = {SIGINT, SIGTERM};
volatile std::sig_atomic_t received = 0;

void remember(int signal) { received = signal; }

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = remember;  // without SA_RESTART: a copy under way ends early
  for (const int signal : signals) sigaction(signal, &action, nullptr);
}

bool interrupted() { return received != 0; }

void end_if_interrupted() {
  if (received == 0) return;
  std::signal(received, SIG_DFL);
  std::raise(received);
}

}  // namespace zonecopy::tools
