// A limit to the rate holds from the first second on, at any rate, and however late those come who are limited.
#include "zonecopy/throttle.h"

#include <gtest/gtest.h>

#include <deque>

#include "tests/support/copy/pace_timers.h"
#include "tests/support/loop/loop_test.h"
#include "tests/support/random.h"

namespace zonecopy::test {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t second = 1'000 * ms;
constexpr std::uint64_t mib = 1U << 20;
constexpr std::uint64_t rates[] = {500, 3'000, 10'000, 100'000, mib, 10 * mib, 1'000 * mib, 12'345'678'901};

/// Bytes that went, with the time at which they did.
struct Gone {
  std::int64_t time_ns;
  std::uint64_t bytes;
};

/// Copies `bytes` in steps that take `step_ns` each beside the waits, and comes late from waits.
std::vector<Gone> copy_in_steps(RateLimit& limit, std::uint64_t bytes, std::int64_t begin_ns, std::int64_t step_ns,
                                std::int64_t late_max_ns, Random& random) {
  std::vector<Gone> gone;
  std::int64_t now_ns = begin_ns;
  while (bytes > 0) {
    const std::uint64_t step_bytes = std::min(bytes, limit.step_max_bytes());
    const std::int64_t may_ns = limit.take(step_bytes, now_ns);
    if (may_ns > now_ns) now_ns = may_ns + static_cast<std::int64_t>(random.below(late_max_ns + 1));
    gone.push_back(Gone{now_ns, step_bytes});
    now_ns += step_ns;
    bytes -= step_bytes;
  }
  return gone;
}

/// The most bytes that went within any second.
std::uint64_t most_in_a_second(const std::vector<Gone>& gone) {
  std::uint64_t most = 0;
  std::uint64_t inside = 0;
  std::size_t oldest = 0;
  for (const Gone& step : gone) {
    inside += step.bytes;
    while (gone[oldest].time_ns <= step.time_ns - second) inside -= gone[oldest++].bytes;
    most = std::max(most, inside);
  }
  return most;
}

TEST(RateLimit, HoldsWithinFivePercentOverASecond) {
  for (const std::uint64_t rate : rates) {
    SCOPED_TRACE(rate);
    Random random(rate);
    RateLimit limit(rate);
    // A step takes a third of its time, and those who wait come up to 5 ms late.
    const std::uint64_t bytes = std::max<std::uint64_t>(rate, 4096);
    const std::int64_t wanted_ns =
        static_cast<std::int64_t>(1e9 * static_cast<double>(bytes) / static_cast<double>(rate));
    const std::vector<Gone> gone = copy_in_steps(limit, bytes, second, 6 * ms, 5 * ms, random);
    const std::int64_t took_ns = gone.back().time_ns - second;
    EXPECT_GE(took_ns, wanted_ns * 96 / 100);
    EXPECT_LE(took_ns, wanted_ns * 102 / 100 + 5 * ms);
  }
}

TEST(RateLimit, HasNoBurstAfterAPause) {
  for (const std::uint64_t rate : rates) {
    SCOPED_TRACE(rate);
    Random random(rate);
    RateLimit limit(rate);
    const std::uint64_t bytes = std::max<std::uint64_t>(3 * rate, 3 * 4096);
    copy_in_steps(limit, bytes, second, 0, 0, random);
    const std::vector<Gone> gone = copy_in_steps(limit, bytes, 10'000 * second, 0, 0, random);
    // At low rates a single block is more than a few percent of a second.
    const bool fine = rate >= std::uint64_t{50} * 4096;
    EXPECT_LE(most_in_a_second(gone), fine ? rate * 105 / 100 : rate * 104 / 100 + 4096);
  }
}

TEST(RateLimit, CatchesUpOnALateStepAndNoMore) {
  RateLimit limit(1000 * 1000);
  EXPECT_EQ(limit.take(10'000, second), second + 10 * ms) << "a step waits for its own bytes";
  EXPECT_EQ(limit.take(10'000, second + 12 * ms), second + 20 * ms);
  EXPECT_EQ(limit.take(10'000, second + 50 * ms), second + 30 * ms) << "late, and may go at once";
  EXPECT_EQ(limit.take(10'000, second + 500 * ms), second + 470 * ms) << "40 ms are made up for";
  EXPECT_EQ(limit.take(0, second + 500 * ms), second + 470 * ms) << "nothing waits behind those before it";
}

TEST(RateLimit, StepsAreOfAFiftiethOfASecond) {
  EXPECT_EQ(RateLimit(1).step_max_bytes(), 4096U);
  EXPECT_EQ(RateLimit(50 * 4096).step_max_bytes(), 4096U);
  EXPECT_EQ(RateLimit(100 * mib).step_max_bytes(), 2 * mib);
  EXPECT_EQ(RateLimit(199 * mib).step_max_bytes(), 2 * mib);
}

class ThrottleTest : public LoopTest {};

Task<void> pass(CopyPace& pace, std::uint64_t bytes, const CancelToken* cancel, int* passed) {
  co_await pace.before(bytes, cancel);
  ++*passed;
}

TEST_F(ThrottleTest, CopiesThatShareItGetTheRateTogether) {
  JumpingTimer timer;
  Throttle throttle(timer, 4096 * 10);
  const std::int64_t begin_ns = timer.now_ns();
  int passed = 0;
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 20; ++i) tasks.push_back(pass(throttle, 4096, nullptr, &passed));
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(passed, 20);
  EXPECT_EQ(timer.now_ns() - begin_ns, 2 * second);
}

Task<void> request(CancelToken& cancel) {
  co_await Yield();
  cancel.request();
}

/// On a real loop, whose timer would go off in an hour.
TEST_F(ThrottleTest, AWaitEndsWhenTheCopyIsCancelled) {
  const Watchdog watchdog("a cancelled wait of a throttle", 60);
  LoopTimer timer(loop());
  Throttle throttle(timer, 1);
  CancelToken cancel;
  int passed = 0;
  std::vector<Task<void>> tasks;
  tasks.push_back(pass(throttle, 3600, &cancel, &passed));
  tasks.push_back(pass(throttle, 3600, &cancel, &passed));
  tasks.push_back(request(cancel));
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(passed, 2);
  run_void(loop(), pass(throttle, 3600, &cancel, &passed));
  EXPECT_EQ(passed, 3) << "a token that was requested before";
}

Task<void> wait(LoopTimer& timer, std::int64_t time_ns) { co_await timer.wait_until(time_ns, nullptr); }

TEST_F(ThrottleTest, TheTimerOfALoopWaitsUntilThen) {
  LoopTimer timer(loop());
  const std::int64_t time_ns = timer.now_ns() + 2 * ms;
  run_void(loop(), wait(timer, time_ns));
  EXPECT_GE(timer.now_ns(), time_ns);
  run_void(loop(), wait(timer, 0));
}

}  // namespace
}  // namespace zonecopy::test
