// A test that has an event loop, and ways to run coroutines on it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "zonecopy/event_loop.h"

namespace zonecopy::test {

/// A loop, or the end of the program: without io_uring there is nothing to test.
std::unique_ptr<EventLoop> make_loop();

/// Starts all tasks at once and waits until every one of them has finished.
void run_all(EventLoop& loop, std::vector<Task<void>> tasks);

/// Runs a task that has no result.
void run_void(EventLoop& loop, Task<void> task);

/// Ends the program with `what` as its last words unless it is destroyed within `seconds`: a deadlock of coroutines is
/// a loop that waits for nothing, which no assertion can see.
class Watchdog {
 public:
  Watchdog(const std::string& what, unsigned seconds);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
};

/// ZONECOPY_SEED and ZONECOPY_OPERATIONS, or what the test has chosen.
[[nodiscard]] std::vector<std::uint64_t> seeds(std::uint64_t first, std::uint64_t count);
[[nodiscard]] std::uint64_t operations(std::uint64_t chosen);

class LoopTest : public testing::Test {
 protected:
  [[nodiscard]] EventLoop& loop() { return *loop_; }
  template <typename T>
  T run(Task<T> task) {
    return loop_->run(std::move(task));
  }

 private:
  std::unique_ptr<EventLoop> loop_ = make_loop();
};

}  // namespace zonecopy::test
