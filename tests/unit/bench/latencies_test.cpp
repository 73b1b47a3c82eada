#include "tools/bench/latencies.h"

#include <gtest/gtest.h>

namespace zonecopy::benching {
namespace {

TEST(Latencies, NoSamplesAreAllZero) {
  const Latencies::Summary summary = Latencies().summary();
  EXPECT_EQ(summary.p50_ns, 0U);
  EXPECT_EQ(summary.max_ns, 0U);
}

TEST(Latencies, OneSampleIsEveryPercentile) {
  Latencies latencies;
  latencies.add(7);
  const Latencies::Summary summary = latencies.summary();
  EXPECT_EQ(summary.p50_ns, 7U);
  EXPECT_EQ(summary.p99_ns, 7U);
  EXPECT_EQ(summary.p9999_ns, 7U);
  EXPECT_EQ(summary.max_ns, 7U);
}

TEST(Latencies, PercentilesAreNearestRanks) {
  Latencies latencies;
  for (std::uint64_t sample = 20000; sample > 0; --sample) latencies.add(sample);
  const Latencies::Summary summary = latencies.summary();
  EXPECT_EQ(summary.p50_ns, 10000U);
  EXPECT_EQ(summary.p99_ns, 19776U);  // 19800, 19998 and 20000, to 10 bits
  EXPECT_EQ(summary.p9999_ns, 19968U);
  EXPECT_EQ(summary.max_ns, 20000U);
}

TEST(Latencies, ShortOnesAreExactAndAllHaveABucket) {
  Latencies latencies;
  latencies.add(1023);
  EXPECT_EQ(latencies.summary().p50_ns, 1023U);
  for (const std::uint64_t sample : {std::uint64_t{0}, ~std::uint64_t{0}}) latencies.add(sample);
  EXPECT_EQ(latencies.summary().p50_ns, 1023U);
  EXPECT_EQ(latencies.summary().max_ns, ~std::uint64_t{0});
}

TEST(Latencies, OneLongCopyInTenThousandIsBeyondTheLastPercentile) {
  Latencies latencies;
  for (int i = 0; i < 9999; ++i) latencies.add(1);
  Latencies more;
  more.add(1000);
  latencies.add(more);
  EXPECT_EQ(latencies.count(), 10000U);
  EXPECT_EQ(latencies.summary().p9999_ns, 1U);
  EXPECT_EQ(latencies.summary().max_ns, 1000U);
}

TEST(Median, OfOddAndEvenNumbersOfValues) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
}

}  // namespace
}  // namespace zonecopy::benching
