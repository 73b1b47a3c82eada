// Rates, times left, and the lines that tell them.
#include "tools/zonecopy/progress.h"

#include <gtest/gtest.h>

#include <limits>

namespace zonecopy::tools {
namespace {

using Clock = ProgressMeter::Clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t mib = 1U << 20;
const Clock::time_point start = Clock::time_point() + seconds(1000);

TEST(Progress, NothingYet) {
  const ProgressMeter meter("copy", 100 * mib, start);
  const Progress progress = meter.progress(start);
  EXPECT_EQ(progress.done_bytes, 0U);
  EXPECT_EQ(progress.bytes_per_second, 0U);
  EXPECT_FALSE(progress.seconds_left);
  EXPECT_EQ(progress_text(progress), "copy:   0%  0 of 100MiB  0/s  time left unknown");
}

TEST(Progress, RateAndTimeLeft) {
  ProgressMeter meter("copy", 100 * mib, start);
  meter.note(10 * mib, start + seconds(1));
  meter.note(20 * mib, start + seconds(2));
  const Progress progress = meter.progress(start + seconds(2));
  EXPECT_EQ(progress.bytes_per_second, 10 * mib);
  EXPECT_EQ(progress.seconds_left, 8U);
  EXPECT_EQ(progress_text(progress), "copy:  20%  20MiB of 100MiB  10MiB/s  8 s left");
}

TEST(Progress, FollowsAChangeOfRate) {
  ProgressMeter meter("copy", 10000 * mib, start);
  std::uint64_t done = 0;
  Clock::time_point now = start;
  const auto run = [&](int steps, std::uint64_t bytes) {
    for (int i = 0; i < steps; ++i) meter.note(done += bytes, now += milliseconds(100));
  };
  run(600, 10 * mib);  // a minute at 100 MiB/s
  EXPECT_EQ(meter.progress(now).bytes_per_second, 100 * mib);
  run(120, mib);
  EXPECT_EQ(meter.progress(now).bytes_per_second, 10 * mib);
}

TEST(Progress, AStallIsSeen) {
  ProgressMeter meter("copy", 100 * mib, start);
  meter.note(10 * mib, start + seconds(1));
  EXPECT_EQ(meter.progress(start + seconds(10)).bytes_per_second, mib);
  EXPECT_EQ(meter.progress(start + seconds(10)).seconds_left, 90U);
}

TEST(Progress, LessMayBeDoneThanBefore) {
  ProgressMeter meter("copy", 100 * mib, start);
  meter.note(50 * mib, start + seconds(1));
  meter.note(20 * mib, start + seconds(2));
  meter.note(30 * mib, start + seconds(3));
  EXPECT_EQ(meter.progress(start + seconds(3)).bytes_per_second, 10 * mib);
}

TEST(Progress, AHundredPercentIsTheEnd) {
  ProgressMeter meter("verify", 1000 * mib, start);
  meter.note(1000 * mib - 1, start + seconds(1));
  EXPECT_EQ(progress_text(meter.progress(start + seconds(1))).substr(0, 12), "verify:  99%");
  meter.note(1000 * mib, start + seconds(1));
  EXPECT_EQ(meter.progress(start + seconds(1)).seconds_left, 0U);
  EXPECT_EQ(progress_text(meter.progress(start + seconds(1))).substr(0, 12), "verify: 100%");
}

TEST(Progress, Extremes) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  ProgressMeter meter("copy", most, start);
  meter.note(1, start + seconds(1));
  EXPECT_TRUE(meter.progress(start + seconds(1)).seconds_left);
  EXPECT_EQ(ProgressMeter("copy", 0, start).progress(start).seconds_left, 0U);
}

TEST(Progress, Json) {
  ProgressMeter meter("copy", 100 * mib, start);
  meter.note(25 * mib, start + seconds(1));
  EXPECT_EQ(
      progress_json(meter.progress(start + seconds(1))).dump(),
      R"({"phase":"copy","done_bytes":26214400,"total_bytes":104857600,"bytes_per_second":26214400,"seconds_left":3})");
  EXPECT_TRUE(progress_json(Progress{}).at("seconds_left").is_null());
}

TEST(Progress, Durations) {
  EXPECT_EQ(duration_text(0), "0 s");
  EXPECT_EQ(duration_text(59), "59 s");
  EXPECT_EQ(duration_text(200), "3 min 20 s");
  EXPECT_EQ(duration_text(7500), "2 h 5 min");
  EXPECT_EQ(duration_text(273600), "3 d 4 h");
}

}  // namespace
}  // namespace zonecopy::tools
