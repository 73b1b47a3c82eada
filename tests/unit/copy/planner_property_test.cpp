// The copy planner on drawn cases, against brute force that works block by block and knows nothing of extents.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tests/support/seed.h"
#include "tests/unit/copy/plan_text.h"
#include "zonecopy/copy_plan.h"

namespace zonecopy {
namespace {

using test::render;

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

struct Drawn {
  std::vector<Extent> sources;
  std::uint64_t room_blocks = 0;
  CopyLimits limits;
  std::uint64_t zone_blocks = 0;
};

Drawn draw(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  Drawn drawn;
  drawn.zone_blocks = 1 + below(12);
  drawn.limits = {static_cast<std::uint32_t>(1 + below(4)), static_cast<std::uint32_t>(1 + below(6)),
                  static_cast<std::uint32_t>(1 + below(12))};
  drawn.room_blocks = below(28);
  Lba next = 0;
  for (std::uint64_t count = below(7); count != 0; --count) {
    const bool adjacent = below(3) == 0;
    const Extent extent{adjacent ? next : below(60), below(9)};
    next = extent.start_lba + extent.blocks;
    drawn.sources.push_back(extent);
  }
  return drawn;
}

/// The source address of every block that is to be copied, in order.
std::vector<Lba> blocks_of(const Drawn& drawn) {
  std::vector<Lba> blocks;
  for (const Extent& extent : drawn.sources) {
    for (std::uint64_t i = 0; i < extent.blocks && blocks.size() < drawn.room_blocks; ++i) {
      blocks.push_back(extent.start_lba + i);
    }
  }
  return blocks;
}

bool is_one_range(const std::vector<Lba>& blocks, std::size_t first, std::size_t last, const Drawn& drawn) {
  if (last - first > drawn.limits.max_range_blocks) return false;
  for (std::size_t i = first + 1; i < last; ++i) {
    if (blocks[i] != blocks[i - 1] + 1 || blocks[i] / drawn.zone_blocks != blocks[first] / drawn.zone_blocks)
      return false;
  }
  return true;
}

/// The least number of steps from 0 to `count`, where `may(first, last)` says which steps there are.
template <typename May>
std::size_t fewest_steps(std::size_t from, std::size_t to, const May& may) {
  std::vector<std::size_t> steps(to - from + 1, to + 1);
  steps[0] = 0;
  for (std::size_t last = from + 1; last <= to; ++last) {
    for (std::size_t first = from; first < last; ++first) {
      if (may(first, last)) steps[last - from] = std::min(steps[last - from], steps[first - from] + 1);
    }
  }
  return steps[to - from];
}

std::size_t fewest_commands(const std::vector<Lba>& blocks, const Drawn& drawn) {
  const auto is_one_command = [&](std::size_t first, std::size_t last) {
    if (last - first > drawn.limits.max_total_blocks) return false;
    const auto range = [&](std::size_t a, std::size_t b) { return is_one_range(blocks, a, b, drawn); };
    return fewest_steps(first, last, range) <= drawn.limits.max_ranges;
  };
  return fewest_steps(0, blocks.size(), is_one_command);
}

void check_limits(const CopyCommand& command, const Drawn& drawn) {
  EXPECT_FALSE(command.ranges.empty());
  EXPECT_LE(command.ranges.size(), drawn.limits.max_ranges);
  EXPECT_LE(command.blocks(), drawn.limits.max_total_blocks);
  for (const CopyRange& range : command.ranges) {
    EXPECT_GT(range.blocks, 0U);
    EXPECT_LE(range.blocks, drawn.limits.max_range_blocks);
    EXPECT_EQ(range.start_lba / drawn.zone_blocks, (range.start_lba + range.blocks - 1) / drawn.zone_blocks);
  }
}

TEST(PlanCopy, DrawnCasesAgreeWithBruteForce) {
  std::mt19937_64 random(test::test_seed());
  for (int round = 0; round < 2000 && !testing::Test::HasFailure(); ++round) {
    const Drawn drawn = draw(random);
    const auto plan =
        plan_copy(drawn.sources, Destination{500, drawn.room_blocks}, drawn.limits, SourceGeometry{drawn.zone_blocks});
    SCOPED_TRACE("round " + std::to_string(round) + ": " + render(plan));
    const std::vector<Lba> expected = blocks_of(drawn);
    std::vector<Lba> copied;
    for (const CopyCommand& command : plan) {
      check_limits(command, drawn);
      EXPECT_EQ(command.destination_lba, 500 + copied.size());
      for (const CopyRange& range : command.ranges) {
        for (std::uint32_t i = 0; i < range.blocks; ++i) copied.push_back(range.start_lba + i);
      }
    }
    EXPECT_EQ(copied, expected);
    EXPECT_EQ(plan.size(), fewest_commands(expected, drawn));
  }
}

TEST(PlanTransfers, DrawnCasesLoseNothing) {
  std::mt19937_64 random(test::test_seed());
  for (int round = 0; round < 2000 && !testing::Test::HasFailure(); ++round) {
    const Drawn drawn = draw(random);
    const std::uint64_t max_blocks = drawn.limits.max_total_blocks;
    const auto plan = plan_transfers(drawn.sources, Destination{500, drawn.room_blocks}, max_blocks,
                                     SourceGeometry{drawn.zone_blocks});
    SCOPED_TRACE("round " + std::to_string(round) + ": " + render(plan));
    const std::vector<Lba> expected = blocks_of(drawn);
    std::vector<Lba> copied;
    for (const Transfer& transfer : plan) {
      EXPECT_EQ(transfer.destination_lba, 500 + copied.size());
      EXPECT_EQ(transfer.blocks, total_blocks(transfer.sources));
      EXPECT_LE(transfer.blocks, max_blocks);
      for (const Extent& extent : transfer.sources) {
        EXPECT_EQ(extent.start_lba / drawn.zone_blocks, (extent.start_lba + extent.blocks - 1) / drawn.zone_blocks);
        for (std::uint64_t i = 0; i < extent.blocks; ++i) copied.push_back(extent.start_lba + i);
      }
    }
    EXPECT_EQ(copied, expected);
    EXPECT_EQ(plan.size(), (expected.size() + max_blocks - 1) / max_blocks);
  }
}

TEST(Extents, DrawnSkipAndTakeAreTheTwoHalves) {
  std::mt19937_64 random(test::test_seed());
  for (int round = 0; round < 500; ++round) {
    Drawn drawn = draw(random);
    const std::uint64_t cut = random() % 40;
    const std::vector<Extent> first = take_blocks(drawn.sources, cut);
    const std::vector<Extent> rest = skip_blocks(drawn.sources, cut);
    EXPECT_EQ(total_blocks(first), std::min(cut, total_blocks(drawn.sources)));
    drawn.room_blocks = unlimited;
    const std::vector<Lba> whole = blocks_of(drawn);
    drawn.sources = first;
    drawn.sources.insert(drawn.sources.end(), rest.begin(), rest.end());
    EXPECT_EQ(blocks_of(drawn), whole);
  }
}

}  // namespace
}  // namespace zonecopy
