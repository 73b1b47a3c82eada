// Times of files: whatever a 64-bit second can name.
#include "zonefs/core/timestamp.h"

#include <gtest/gtest.h>

#include <limits>

namespace zonecopy::zonefs {
namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

TEST(Timestamp, GivesBackWhatWasSet) {
  for (const std::int64_t seconds :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1}, std::int64_t{0x80000000}, std::int64_t{-0x80000001},
        std::int64_t{9'223'372'037}, std::int64_t{32'503'680'000}, std::int64_t{-62'135'596'800}, least, most}) {
    for (const std::uint32_t nanoseconds : {0U, 1U, 999'999'999U}) {
      const Timestamp time(seconds, nanoseconds);
      EXPECT_EQ(time.seconds(), seconds);
      EXPECT_EQ(time.nanoseconds(), nanoseconds);
    }
  }
}

TEST(Timestamp, TakesTheTimeOfAClock) {
  struct Row {
    std::int64_t clock;
    std::int64_t seconds;
    std::uint32_t nanoseconds;
  };
  const Row rows[] = {{0, 0, 0},
                      {1, 0, 1},
                      {1'000'000'001, 1, 1},
                      {-1, -1, 999'999'999},
                      {-1'000'000'000, -1, 0},
                      {-1'000'000'001, -2, 999'999'999},
                      {most, 9'223'372'036, 854'775'807},
                      {least, -9'223'372'037, 145'224'192}};
  for (const Row& row : rows)
    EXPECT_EQ(Timestamp::from_nanoseconds(row.clock), Timestamp(row.seconds, row.nanoseconds));
}

}  // namespace
}  // namespace zonecopy::zonefs
