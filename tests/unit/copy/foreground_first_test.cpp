// Background copies let others go first, for a time.
#include "zonecopy/foreground_first.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/support/copy/pace_timers.h"
#include "tests/support/loop/loop_test.h"

namespace zonecopy::test {
namespace {

constexpr std::int64_t us = 1'000;
constexpr std::int64_t ms = 1'000 * us;

class ForegroundFirstTest : public LoopTest {
 protected:
  /// Starts a step, and gives it time to wait.
  void start_step(const CancelToken* cancel = nullptr) {
    passed_ = false;
    run_void(loop(), start(*this, cancel));
  }
  /// Moves the time, and lets the step go on if it may.
  [[nodiscard]] bool passes_within(std::int64_t duration_ns) {
    timer_.advance(duration_ns);
    run_void(loop(), let_others_run());
    return passed_;
  }

  static Task<void> step(ForegroundFirstTest& test, const CancelToken* cancel) {
    co_await test.pace_.before(4096, cancel);
    test.passed_ = true;
  }
  static Task<void> start(ForegroundFirstTest& test, const CancelToken* cancel) {
    test.loop().spawn(step(test, cancel));
    co_await let_others_run();
  }
  static Task<void> let_others_run() {
    for (int turns = 0; turns < 20; ++turns) co_await Yield();
  }

  StandingTimer timer_;
  ForegroundFirst pace_{timer_, ForegroundFirst::Options{20 * ms, 1 * ms, 65536}};
  bool passed_ = false;
};

TEST_F(ForegroundFirstTest, NothingWaitsWhereNothingElseHappens) {
  start_step();
  EXPECT_TRUE(passed_);
  { const ForegroundFirst::Operation operation(pace_); }
  start_step();
  EXPECT_FALSE(passed_) << "somebody has just been there";
  EXPECT_TRUE(passes_within(1 * ms));
  start_step();
  EXPECT_TRUE(passed_) << "and does not come back";
}

TEST_F(ForegroundFirstTest, WaitsUntilTheLastOneHasEndedAndItIsQuiet) {
  pace_.begin();
  pace_.begin();
  start_step();
  EXPECT_FALSE(passes_within(5 * ms));
  pace_.end();
  EXPECT_FALSE(passes_within(2 * ms));
  pace_.end();
  EXPECT_FALSE(passes_within(0)) << "not yet quiet";
  EXPECT_FALSE(passes_within(999 * us));
  EXPECT_TRUE(passes_within(1 * us));
}

TEST_F(ForegroundFirstTest, WhoComesWithinTheQuietIsWaitedForToo) {
  pace_.begin();
  start_step();
  for (int i = 0; i < 10; ++i) {
    pace_.end();
    EXPECT_FALSE(passes_within(500 * us));
    pace_.begin();
    EXPECT_FALSE(passes_within(500 * us));
  }
  pace_.end();
  EXPECT_FALSE(passes_within(999 * us)) << "not yet quiet";
  EXPECT_TRUE(passes_within(1 * ms) || passes_within(1 * ms)) << "when it ended was looked at later only";
}

TEST_F(ForegroundFirstTest, NoStepWaitsForEver) {
  const ForegroundFirst::Operation operation(pace_);
  for (int i = 0; i < 3; ++i) {
    start_step();
    EXPECT_FALSE(passes_within(20 * ms - 1));
    EXPECT_TRUE(passes_within(1));
  }
}

TEST_F(ForegroundFirstTest, ACancelledStepWaitsNoLonger) {
  const ForegroundFirst::Operation operation(pace_);
  CancelToken cancel;
  start_step(&cancel);
  EXPECT_FALSE(passed_);
  cancel.request();
  EXPECT_TRUE(passes_within(0));
  start_step(&cancel);
  EXPECT_TRUE(passed_);
}

TEST_F(ForegroundFirstTest, SeveralCopiesWaitAtOnce) {
  pace_.begin();
  start_step();
  start_step();
  EXPECT_EQ(timer_.waiting(), 2);
  pace_.end();
  EXPECT_TRUE(passes_within(1 * ms) || passes_within(1 * ms));
  EXPECT_EQ(timer_.waiting(), 0);
}

}  // namespace
}  // namespace zonecopy::test
