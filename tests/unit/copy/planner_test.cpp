// The copy planner: tables one block to either side of each limit.
#include "zonecopy/copy_plan.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "tests/unit/copy/plan_text.h"

namespace zonecopy {
namespace {

using test::render;

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

struct Case {
  std::string name;
  std::vector<Extent> sources;
  std::uint64_t room_blocks;
  CopyLimits limits;  ///< ranges, blocks of a range, blocks of a command
  std::uint64_t zone_blocks;
  std::string expected;
};

TEST(PlanCopy, LimitsByOneBlock) {
  const std::vector<Case> cases = {
      {"nothing", {}, 100, {2, 4, 8}, 64, ""},
      {"no room", {{0, 4}}, 0, {2, 4, 8}, 64, ""},
      {"only empty extents", {{0, 0}, {9, 0}}, 100, {2, 4, 8}, 64, ""},
      {"empty extent between", {{0, 2}, {30, 0}, {9, 1}}, 100, {2, 4, 8}, 64, "1000: 0+2 9+1"},
      {"range: one below", {{0, 3}}, 100, {2, 4, 8}, 64, "1000: 0+3"},
      {"range: as long as it may be", {{0, 4}}, 100, {2, 4, 8}, 64, "1000: 0+4"},
      {"range: one above", {{0, 5}}, 100, {2, 4, 8}, 64, "1000: 0+4 4+1"},
      {"ranges: as many as may be", {{0, 8}}, 100, {2, 4, 99}, 64, "1000: 0+4 4+4"},
      {"ranges: one block more", {{0, 9}}, 100, {2, 4, 99}, 64, "1000: 0+4 4+4; 1008: 8+1"},
      {"ranges: one only", {{0, 1}, {5, 1}}, 100, {1, 4, 99}, 64, "1000: 0+1; 1001: 5+1"},
      {"total: one below", {{0, 6}}, 100, {9, 4, 7}, 64, "1000: 0+4 4+2"},
      {"total: reached", {{0, 7}}, 100, {9, 4, 7}, 64, "1000: 0+4 4+3"},
      {"total: one above", {{0, 8}}, 100, {9, 4, 7}, 64, "1000: 0+4 4+3; 1007: 7+1"},
      {"total below the range", {{0, 7}}, 100, {9, 100, 3}, 64, "1000: 0+3; 1003: 3+3; 1006: 6+1"},
      {"zone end: one below", {{60, 3}}, 100, {9, 9, 9}, 64, "1000: 60+3"},
      {"zone end: reached", {{60, 4}}, 100, {9, 9, 9}, 64, "1000: 60+4"},
      {"zone end: one above", {{60, 5}}, 100, {9, 9, 9}, 64, "1000: 60+4 64+1"},
      {"starts at a zone", {{64, 5}}, 100, {9, 9, 9}, 64, "1000: 64+5"},
      {"zones that are no power of two", {{9, 4}}, 100, {9, 9, 9}, 10, "1000: 9+1 10+3"},
      {"several zones", {{2, 10}}, 100, {9, 9, 99}, 4, "1000: 2+2 4+4 8+4"},
      {"adjacent extents are one", {{0, 2}, {2, 2}}, 100, {1, 4, 8}, 64, "1000: 0+4"},
      {"adjacent across a zone end are two", {{62, 2}, {64, 2}}, 100, {9, 9, 9}, 64, "1000: 62+2 64+2"},
      {"adjacent with an empty one between", {{0, 2}, {50, 0}, {2, 2}}, 100, {1, 4, 8}, 64, "1000: 0+4"},
      {"order is kept", {{2, 2}, {0, 2}}, 100, {9, 9, 9}, 64, "1000: 2+2 0+2"},
      {"the same blocks twice", {{0, 2}, {0, 2}}, 100, {9, 9, 9}, 64, "1000: 0+2 0+2"},
      {"room: one below", {{0, 4}, {10, 4}}, 7, {9, 9, 9}, 64, "1000: 0+4 10+3"},
      {"room: enough", {{0, 4}, {10, 4}}, 8, {9, 9, 9}, 64, "1000: 0+4 10+4"},
      {"room: one above", {{0, 4}, {10, 4}}, 9, {9, 9, 9}, 64, "1000: 0+4 10+4"},
      {"room ends between extents", {{0, 4}, {10, 4}}, 4, {9, 9, 9}, 64, "1000: 0+4"},
  };
  for (const Case& c : cases) {
    const auto plan = plan_copy(c.sources, Destination{1000, c.room_blocks}, c.limits, SourceGeometry{c.zone_blocks});
    EXPECT_EQ(render(plan), c.expected) << c.name;
  }
}

TEST(PlanCopy, LargestLimits) {
  const CopyLimits limits{256, 0xffff, 0xffffffff};
  const std::vector<Extent> sources = {{0, 1U << 20}};
  const auto plan = plan_copy(sources, Destination{1U << 21, 1U << 20}, limits, SourceGeometry{1U << 20});
  ASSERT_EQ(plan.size(), 1U);
  EXPECT_EQ(plan[0].ranges.size(), 17U) << "16 of 65535 blocks, and the 16 blocks that are left";
  EXPECT_EQ(plan[0].blocks(), 1U << 20);

  // Addresses near the end of what 64 bits can say.
  const Lba high = Lba{1} << 63;
  const std::vector<Extent> far = {{high - 2, 4}};
  EXPECT_EQ(render(plan_copy(far, Destination{0, unlimited}, limits, SourceGeometry{1U << 20})),
            "0: " + std::to_string(high - 2) + "+2 " + std::to_string(high) + "+2");
}

TEST(PlanTransfers, LimitsByOneBlock) {
  struct TransferCase {
    std::string name;
    std::vector<Extent> sources;
    std::uint64_t room_blocks;
    std::uint64_t max_blocks;
    std::string expected;
  };
  const std::vector<TransferCase> cases = {
      {"nothing", {}, 100, 8, ""},
      {"no room", {{0, 4}}, 0, 8, ""},
      {"one below", {{0, 7}}, 100, 8, "1000: 0+7"},
      {"reached", {{0, 8}}, 100, 8, "1000: 0+8"},
      {"one above", {{0, 9}}, 100, 8, "1000: 0+8; 1008: 8+1"},
      {"small pieces are gathered", {{0, 1}, {5, 1}, {3, 1}}, 100, 8, "1000: 0+1 5+1 3+1"},
      {"a piece over two transfers", {{0, 6}, {20, 4}}, 100, 8, "1000: 0+6 20+2; 1008: 22+2"},
      {"one block at a time", {{0, 2}}, 100, 1, "1000: 0+1; 1001: 1+1"},
      {"zone end", {{62, 4}}, 100, 8, "1000: 62+2 64+2"},
      {"room", {{0, 6}, {20, 4}}, 7, 8, "1000: 0+6 20+1"},
      {"adjacent extents are one read", {{0, 2}, {2, 2}}, 100, 8, "1000: 0+4"},
  };
  for (const TransferCase& c : cases) {
    const auto plan = plan_transfers(c.sources, Destination{1000, c.room_blocks}, c.max_blocks, SourceGeometry{64});
    EXPECT_EQ(render(plan), c.expected) << c.name;
  }
}

TEST(PlanTransfers, BlocksIsTheSumOfItsSources) {
  const std::vector<Extent> sources = {{0, 5}, {60, 9}};
  for (const Transfer& transfer : plan_transfers(sources, Destination{0, 100}, 6, SourceGeometry{64})) {
    EXPECT_EQ(transfer.blocks, total_blocks(transfer.sources));
  }
}

TEST(Extents, SkipAndTake) {
  const std::vector<Extent> sources = {{10, 4}, {50, 0}, {20, 3}};
  using Extents = std::vector<Extent>;
  EXPECT_EQ(total_blocks(sources), 7U);
  EXPECT_EQ(skip_blocks(sources, 0), (Extents{{10, 4}, {20, 3}}));
  EXPECT_EQ(skip_blocks(sources, 3), (Extents{{13, 1}, {20, 3}}));
  EXPECT_EQ(skip_blocks(sources, 4), (Extents{{20, 3}}));
  EXPECT_EQ(skip_blocks(sources, 5), (Extents{{21, 2}}));
  EXPECT_EQ(skip_blocks(sources, 7), Extents{});
  EXPECT_EQ(skip_blocks(sources, unlimited), Extents{});
  EXPECT_EQ(take_blocks(sources, 0), Extents{});
  EXPECT_EQ(take_blocks(sources, 3), (Extents{{10, 3}}));
  EXPECT_EQ(take_blocks(sources, 4), (Extents{{10, 4}}));
  EXPECT_EQ(take_blocks(sources, 5), (Extents{{10, 4}, {20, 1}}));
  EXPECT_EQ(take_blocks(sources, unlimited), (Extents{{10, 4}, {20, 3}}));
}

TEST(LowerLimits, NeverRaises) {
  const CopyLimits device{128, 1024, 65536};
  EXPECT_EQ(lower_limits(device, {}), device);
  EXPECT_EQ(lower_limits(device, {1, 2, 3}), (CopyLimits{1, 2, 3}));
  EXPECT_EQ(lower_limits(device, {129, 1025, 65537}), device);
  EXPECT_EQ(lower_limits(device, {0, 1023, 0}), (CopyLimits{128, 1023, 65536}));
  EXPECT_FALSE(lower_limits(CopyLimits{}, {1, 2, 3}).available()) << "a device without Copy stays one";
}

TEST(Words, OfActions) {
  EXPECT_EQ(to_string(ZoneAction::open), "zone open");
  EXPECT_EQ(to_string(ZoneAction::close), "zone close");
  EXPECT_EQ(to_string(ZoneAction::finish), "zone finish");
  EXPECT_EQ(to_string(ZoneAction::reset), "zone reset");
}

}  // namespace
}  // namespace zonecopy
