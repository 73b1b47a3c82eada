// The smallest scheduler there is: a queue that a test runs empty when it likes.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "zonecopy/task.h"

namespace zonecopy::test {

class ManualScheduler final : public Scheduler {
 public:
  void make_ready(std::coroutine_handle<> handle) override { ready_.push_back(handle); }

  /// Runs `task` up to its first wait; nobody awaits it.
  void start(Task<void> task) { task.detach(*this).resume(); }

  void run() {
    while (!ready_.empty()) run_one();
  }
  void run_one() {
    const std::coroutine_handle<> handle = ready_.front();
    ready_.pop_front();
    handle.resume();
  }
  [[nodiscard]] std::size_t ready() const { return ready_.size(); }

 private:
  std::deque<std::coroutine_handle<>> ready_;
};

/// Lets everything that is ready run first.
class Yield {
 public:
  bool await_ready() const { return false; }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) const {
    handle.promise().scheduler->make_ready(handle);
  }
  void await_resume() const {}
};

}  // namespace zonecopy::test
