// The pace of a gather, on a clock that the test moves.
#include "src/gather/pace.h"

#include <gtest/gtest.h>

#include "tests/support/random.h"
#include "tests/support/seed.h"

namespace zonecopy::gather {
namespace {

using namespace std::chrono_literals;
using Time = Pace::Clock::time_point;

double seconds(Pace::Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

TEST(Pace, WithoutALimitNothingWaits) {
  Pace pace(0, Time());
  EXPECT_FALSE(pace.limited());
  EXPECT_EQ(pace.after(std::uint64_t{1} << 40U, Time(5s)), Time(5s));
}

TEST(Pace, AStepIsATenthOfASecond) {
  EXPECT_EQ(Pace(1000, Time()).step_bytes(), 100U);
  EXPECT_EQ(Pace(3, Time()).step_bytes(), 1U) << "never nothing";
}

/// Steps that take up to `step_max` each: how long all of them took.
Pace::Clock::duration run(std::uint64_t rate, std::uint64_t total_bytes, Pace::Clock::duration step_max,
                          test::Random& random) {
  Time now(1h);
  Pace pace(rate, now);
  std::uint64_t done = 0;
  while (done < total_bytes) {
    const std::uint64_t bytes = std::min(pace.step_bytes(), total_bytes - done);
    now += Pace::Clock::duration(random.below(static_cast<std::uint64_t>(step_max.count())));
    done += bytes;
    const Time due = pace.after(bytes, now);
    // A sleep is always a little late.
    if (due > now) now = due + Pace::Clock::duration(random.below(2'000'000));
  }
  return now - Time(1h);
}

TEST(Pace, HoldsTheRateWithinFivePercent) {
  test::Random random(test::test_seed());
  for (const std::uint64_t rate : {20'000ULL, 1'000'000ULL, 77'000'000ULL, 4'000'000'000ULL}) {
    for (const std::uint64_t tenths : {10ULL, 33ULL, 600ULL}) {
      const std::uint64_t total = rate * tenths / 10;
      const double took = seconds(run(rate, total, 90ms, random));
      const double wanted = static_cast<double>(tenths) / 10;
      EXPECT_GE(took, wanted * 0.999) << rate << " bytes a second for " << wanted << " s";
      EXPECT_LE(took, wanted * 1.05) << rate << " bytes a second for " << wanted << " s";
    }
  }
}

TEST(Pace, MakesUpForALateStep) {
  Pace pace(1000, Time());
  EXPECT_EQ(pace.after(100, Time(200ms)), Time(100ms)) << "the next one begins at once";
  EXPECT_EQ(pace.after(100, Time(210ms)), Time(200ms));
  EXPECT_EQ(pace.after(100, Time(220ms)), Time(300ms)) << "and then all is as if none had been late";
}

TEST(Pace, APauseIsNotFollowedByABurst) {
  Pace pace(1000, Time());
  EXPECT_EQ(pace.after(100, Time(10s)), Time(9750ms));
  std::uint64_t at_once = 0;
  while (pace.after(100, Time(10s)) <= Time(10s)) at_once += 100;
  EXPECT_LE(at_once, 250U);
}

}  // namespace
}  // namespace zonecopy::gather
