#include "tests/support/loop/loop_test.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "zonecopy/sync.h"

namespace zonecopy::test {

namespace {

char last_words[256];

void on_alarm(int) {
  const char text[] = "\nwatchdog: no progress: ";
  // Results of write(2) are of no use in a program that is about to end.
  [[maybe_unused]] const auto first = ::write(STDERR_FILENO, text, sizeof(text) - 1);
  [[maybe_unused]] const auto second = ::write(STDERR_FILENO, last_words, std::strlen(last_words));
  ::abort();
}

Task<void> leave_after(Task<void> work, Gate* gate) {
  co_await work;
  gate->leave();
}

Task<bool> drained(Gate* gate) {
  // Named first: GCC 12 awaits a copy of what a function returns by reference, and nobody wakes the copy.
  Event& drained_event = gate->drained();
  co_await drained_event;
  co_return true;
}

Task<bool> finished(Task<void> work) {
  co_await work;
  co_return true;
}

}  // namespace

std::unique_ptr<EventLoop> make_loop() {
  auto made = EventLoop::create(EventLoop::Options());
  if (!made.ok()) {
    std::fprintf(stderr, "no event loop: %s\n", made.error().to_string().c_str());
    std::exit(1);
  }
  return std::move(made.value());
}

void run_all(EventLoop& loop, std::vector<Task<void>> tasks) {
  Gate gate;
  for (Task<void>& task : tasks) {
    gate.enter();
    loop.spawn(leave_after(std::move(task), &gate));
  }
  loop.run(drained(&gate));
}

void run_void(EventLoop& loop, Task<void> task) { loop.run(finished(std::move(task))); }

Watchdog::Watchdog(const std::string& what, unsigned seconds) {
  std::snprintf(last_words, sizeof(last_words), "%s\n", what.c_str());
  ::signal(SIGALRM, on_alarm);
  ::alarm(seconds);
}

Watchdog::~Watchdog() { ::alarm(0); }

std::vector<std::uint64_t> seeds(std::uint64_t first, std::uint64_t count) {
  if (const char* given = std::getenv("ZONECOPY_SEED")) return {std::strtoull(given, nullptr, 0)};
  std::vector<std::uint64_t> chosen;
  for (std::uint64_t seed = first; seed < first + count; ++seed) chosen.push_back(seed);
  return chosen;
}

std::uint64_t operations(std::uint64_t chosen) {
  const char* given = std::getenv("ZONECOPY_OPERATIONS");
  return given != nullptr ? std::strtoull(given, nullptr, 0) : chosen;
}

}  // namespace zonecopy::test
