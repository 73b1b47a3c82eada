// Tasks: what they return, how deep and how long they go, and that they free what they hold. Run under ASan.
#include "zonecopy/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/loop/manual_scheduler.h"
#include "zonecopy/sync.h"

namespace zonecopy {
namespace {

using test::ManualScheduler;
using test::Yield;

constexpr std::uint64_t many = 1'000'000;

/// Runs `task` to its end and returns what it returned.
template <typename T>
Task<void> store(Task<T> task, std::unique_ptr<T>& result) {
  T value = co_await task;
  result = std::make_unique<T>(std::move(value));
}

template <typename T>
T run(Task<T> task) {
  ManualScheduler scheduler;
  std::unique_ptr<T> result;
  scheduler.start(store(std::move(task), result));
  scheduler.run();
  EXPECT_TRUE(result) << "the task did not finish";
  return std::move(*result);
}

Task<std::uint64_t> at_once(std::uint64_t value) { co_return value; }

Task<std::uint64_t> after_a_turn(std::uint64_t value) {
  const Yield yield;
  co_await yield;
  co_return value;
}

Task<std::uint64_t> sum_of(std::uint64_t count, bool suspending) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t value = 0;
    if (suspending) {
      value = co_await after_a_turn(i);
    } else {
      value = co_await at_once(i);
    }
    sum += value;
  }
  co_return sum;
}

TEST(Task, AMillionAwaitsThatNeverSuspend) { EXPECT_EQ(run(sum_of(many, false)), many * (many - 1) / 2); }

TEST(Task, AMillionAwaitsThatSuspend) { EXPECT_EQ(run(sum_of(many, true)), many * (many - 1) / 2); }

Task<std::uint64_t> yield_often(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const Yield yield;
    co_await yield;
  }
  co_return count;
}

TEST(Task, AMillionTurnsOfOneTask) { EXPECT_EQ(run(yield_often(many)), many); }

Task<std::uint64_t> nested(std::uint64_t depth, bool suspending) {
  if (depth == 0) {
    const Yield yield;
    if (suspending) co_await yield;
    co_return 0;
  }
  const std::uint64_t below = co_await nested(depth - 1, suspending);
  co_return below + 1;
}

TEST(Task, Nested) {
  EXPECT_EQ(run(nested(500, false)), 500U);
  EXPECT_EQ(run(nested(500, true)), 500U);
}

Task<std::unique_ptr<int>> only_moves(int value) {
  auto result = std::make_unique<int>(value);
  const Yield yield;
  co_await yield;
  co_return result;
}

Task<std::unique_ptr<int>> passes_on(int value) {
  std::unique_ptr<int> result = co_await only_moves(value);
  ++*result;
  co_return std::move(result);
}

TEST(Task, ValuesThatOnlyMove) { EXPECT_EQ(*run(passes_on(41)), 42); }

class NoDefault {
 public:
  explicit NoDefault(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

Task<NoDefault> made(std::string text) { co_return NoDefault(std::move(text)); }

TEST(Task, ValuesWithoutADefault) {
  const std::string text(100, 'x');
  EXPECT_EQ(run(made(text)).text(), text);
}

/// Counts those that are alive.
class Counted {
 public:
  explicit Counted(int& alive) : alive_(&alive) { ++*alive_; }
  Counted(const Counted& other) : alive_(other.alive_) { ++*alive_; }
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --*alive_; }

 private:
  int* alive_;
};

Task<void> hold_until(Event& event, Counted argument) {
  const Counted local = argument;
  co_await event;
}

TEST(Task, DetachedOnesFreeThemselves) {
  ManualScheduler scheduler;
  Event event;
  int alive = 0;
  for (int i = 0; i < 10; ++i) scheduler.start(hold_until(event, Counted(alive)));
  EXPECT_EQ(alive, 20);
  event.set();
  scheduler.run();
  EXPECT_EQ(alive, 0);
  scheduler.start(hold_until(event, Counted(alive)));
  EXPECT_EQ(alive, 0) << "one that never suspends frees itself too";
}

TEST(Task, OnesThatNeverRanAreFreed) {
  Event event;
  int alive = 0;
  {
    Task<void> task = hold_until(event, Counted(alive));
    EXPECT_EQ(alive, 1) << "the body has not begun";
    Task<void> moved = std::move(task);
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

Task<void> append_after(std::string& log, std::string name, int turns) {
  for (int i = 0; i < turns; ++i) {
    const Yield yield;
    co_await yield;
  }
  log += name;
}

Task<void> one_after_the_other(std::string& log) {
  co_await append_after(log, "a", 3);
  co_await append_after(log, "b", 0);
  Task<void> kept = append_after(log, "c", 1);
  log += "-";
  co_await kept;
}

TEST(Task, AwaitsAreInOrder) {
  ManualScheduler scheduler;
  std::string log;
  scheduler.start(one_after_the_other(log));
  scheduler.run();
  EXPECT_EQ(log, "ab-c") << "a task begins when it is awaited, not when it is made";
}

TEST(Task, ManyRunAtOnce) {
  ManualScheduler scheduler;
  std::string log;
  scheduler.start(append_after(log, "c", 3));
  scheduler.start(append_after(log, "a", 1));
  scheduler.start(append_after(log, "b", 2));
  scheduler.run();
  EXPECT_EQ(log, "abc");
}

}  // namespace
}  // namespace zonecopy
