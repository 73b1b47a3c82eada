// What a report says: always of a prefix, and every byte counted once.
#include "src/gather/tally.h"

#include <gtest/gtest.h>

namespace zonecopy::gather {
namespace {

using Numbers = std::vector<std::uint64_t>;

TEST(Tally, CountsTheRangesInTheirOrder) {
  Tally tally({10, 0, 5}, 100);
  tally.add(GatherWay::gather_call, {4, 2, 1}, 3);
  EXPECT_EQ(tally.bytes(), 7U);
  EXPECT_EQ(tally.end_bytes(), 107U);
  EXPECT_EQ(tally.next_range(), 0U);
  tally.add(GatherWay::read_write, {0, 0, 5});
  EXPECT_EQ(tally.next_range(), 2U);
  EXPECT_FALSE(tally.complete());
  tally.add(GatherWay::gather_call, {3, 0, 0}, 1);
  EXPECT_TRUE(tally.complete());
  const GatherReport report = tally.report();
  EXPECT_EQ(report.offset_bytes, 100U);
  EXPECT_EQ(report.bytes, 15U);
  EXPECT_EQ(report.bytes_offloaded, 7U);
  EXPECT_EQ(report.bytes_kernel, 2U);
  EXPECT_EQ(report.bytes_emulated, 6U);
  EXPECT_EQ(report.commands, 4U);
  EXPECT_EQ(report.range_bytes, (Numbers{10, 0, 5}));
  EXPECT_EQ(report.ways, (std::vector{GatherWay::gather_call, GatherWay::read_write}));
  EXPECT_FALSE(report.failed_range);
  EXPECT_FALSE(report.error);
}

TEST(Tally, NamesTheRangeThatFailedAndTheFirstError) {
  Tally tally({10, 0, 5}, 0);
  tally.add(GatherWay::read_write, {0, 0, 10});
  tally.fail(Error(EIO, "read"));
  tally.fail(Error(EINTR, "gather"));
  EXPECT_TRUE(tally.failed());
  const GatherReport report = tally.report();
  EXPECT_EQ(report.error->code(), EIO);
  EXPECT_EQ(report.failed_range, std::size_t{2}) << "an empty range does not fail";
  EXPECT_EQ(report.range_bytes, (Numbers{10, 0, 0}));
}

TEST(Tally, WithoutRangesIsComplete) {
  EXPECT_TRUE(Tally({}, 0).complete());
  EXPECT_TRUE(Tally({0, 0}, 0).complete());
}

TEST(Tally, AReasonStaysOnlyWhereSomethingWasNotOffloaded) {
  Tally all({8}, 0);
  all.note_reason("at first it seemed so");
  all.add(GatherWay::gather_call, {8, 0, 0});
  EXPECT_EQ(all.report().not_offloaded_because, "");
  Tally some({8}, 0);
  some.note_reason("no Copy");
  some.note_reason("");
  some.add(GatherWay::gather_call, {7, 0, 1});
  EXPECT_EQ(some.report().not_offloaded_because, "no Copy");
}

TEST(Tally, AWayThatDidNothingIsNone) {
  Tally tally({8}, 0);
  tally.add(GatherWay::read_write, {});
  EXPECT_TRUE(tally.report().ways.empty());
}

}  // namespace
}  // namespace zonecopy::gather
