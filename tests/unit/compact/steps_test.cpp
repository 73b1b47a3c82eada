// The decisions within a round: what is left to copy, and what becomes of a victim.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tools/compact/filling.h"
#include "tools/compact/resetting.h"

namespace zonecopy::compact {
namespace {

/// In blocks: two neighbours of seq/1, one of seq/1 apart from them, one of seq/2 that would continue it.
Filling example() {
  constexpr std::uint64_t block = 4096;
  Filling filling{9, 10 * block, false, {}};
  std::uint64_t to = filling.start_bytes;
  const auto add = [&](ZoneNumber zone, std::uint64_t first, std::uint64_t blocks) {
    filling.moves.push_back({zone, first * block, blocks * block, to, 0});
    to += blocks * block;
  };
  add(1, 0, 2);
  add(1, 2, 3);
  add(1, 8, 1);
  add(2, 9, 2);
  return filling;
}

std::string left(std::uint64_t size_blocks) {
  std::string text;
  for (const SourceRange& range : ranges_left(example(), size_blocks * 4096)) {
    text += fmt::format("{}@{}+{} ", range.zone, range.offset_bytes / 4096, range.length_bytes / 4096);
  }
  return text;
}

TEST(Filling, what_is_left) {
  EXPECT_EQ(example().end_bytes(), 18U * 4096);
  EXPECT_EQ(left(10), "1@0+5 1@8+1 2@9+2 ") << "neighbours are one range";
  EXPECT_EQ(left(11), "1@1+4 1@8+1 2@9+2 ") << "within an extent";
  EXPECT_EQ(left(12), "1@2+3 1@8+1 2@9+2 ");
  EXPECT_EQ(left(14), "1@4+1 1@8+1 2@9+2 ");
  EXPECT_EQ(left(16), "2@9+2 ");
  EXPECT_EQ(left(17), "2@10+1 ");
  EXPECT_EQ(left(18), "");
  EXPECT_EQ(left(100), "") << "somebody has appended";
}

TEST(Victim, what_becomes_of_it) {
  const PlannedVictim victim{1, 65536, 4096, 0};
  EXPECT_EQ(fate_of(victim, 65536, true), VictimFate::reset);
  EXPECT_EQ(fate_of(victim, 65536, false), VictimFate::leave) << "written anew";
  EXPECT_EQ(fate_of(victim, 69632, true), VictimFate::leave) << "appended to, while it was read";
  EXPECT_EQ(fate_of(victim, 4096, true), VictimFate::leave);
  EXPECT_EQ(fate_of(victim, 0, false), VictimFate::empty_already);
  EXPECT_EQ(fate_of(victim, 0, true), VictimFate::empty_already);
}

TEST(CopyTotals, sums) {
  CopyTotals totals;
  GatherReport report;
  report.bytes = report.bytes_kernel = 8192;
  report.commands = 2;
  report.ways = {GatherWay::gather_call};
  report.not_offloaded_because = "no Copy";
  totals.add(report);
  report.ways = {GatherWay::gather_call, GatherWay::read_write};
  report.not_offloaded_because = "";
  totals.add(report);
  EXPECT_EQ(totals.bytes, 16384U);
  EXPECT_EQ(totals.commands, 4U);
  EXPECT_EQ(totals.ways.size(), 2U);
  EXPECT_EQ(totals.not_offloaded_because, "no Copy");
}

}  // namespace
}  // namespace zonecopy::compact
