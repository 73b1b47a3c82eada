// Ranges are cut into steps that together are the ranges, in order, within the limits.
#include "src/gather/steps.h"

#include <gtest/gtest.h>

#include "tests/support/random.h"
#include "tests/support/seed.h"

namespace zonecopy::gather {
namespace {

std::vector<Step> cut(const std::vector<RangePlace>& ranges, std::uint64_t destination, const StepLimits& limits) {
  StepCutter cutter(ranges, destination);
  std::vector<Step> steps;
  while (!cutter.empty()) steps.push_back(cutter.next(limits));
  return steps;
}

TEST(Steps, OneStepWhereNothingLimitsIt) {
  const std::vector<Step> steps = cut({{100, 10, 0}, {0, 0, 0}, {7, 5, 0}}, 3, {});
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].parts, (std::vector<Part>{{0, 100, 10}, {2, 7, 5}}));
  EXPECT_EQ(steps[0].bytes, 15U);
  EXPECT_EQ(steps[0].position_bytes, 0U);
}

TEST(Steps, NoneOfEmptyRanges) {
  EXPECT_TRUE(cut({}, 0, {}).empty());
  EXPECT_TRUE(cut({{5, 0, 0}, {6, 0, 1}}, 0, {}).empty());
}

TEST(Steps, EndAtWholeUnitsOfTheDestination) {
  StepLimits limits;
  limits.bytes = 10;
  limits.unit_bytes = 4;
  const std::vector<Step> steps = cut({{0, 30, 0}}, 2, limits);
  std::vector<std::uint64_t> lengths;
  for (const Step& step : steps) lengths.push_back(step.bytes);
  EXPECT_EQ(lengths, (std::vector<std::uint64_t>{10, 8, 8, 4})) << "the first ends at 12, the others at 20, 28, 32";
}

TEST(Steps, AUnitIsAllowedThatTheOffsetHasBegun) {
  StepLimits limits;
  limits.bytes = 4;
  limits.unit_bytes = 4;
  const std::vector<Step> steps = cut({{0, 8, 0}}, 1, limits);
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0].bytes, 3U);
  EXPECT_EQ(steps[1].bytes, 4U);
  EXPECT_EQ(steps[2].bytes, 1U);
}

TEST(Steps, HaveSoManyParts) {
  StepLimits limits;
  limits.parts = 2;
  const std::vector<Step> steps = cut({{0, 1, 0}, {9, 0, 0}, {1, 1, 0}, {2, 1, 0}}, 0, limits);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].parts, (std::vector<Part>{{0, 0, 1}, {2, 1, 1}}));
  EXPECT_EQ(steps[1].parts, (std::vector<Part>{{3, 2, 1}}));
  EXPECT_EQ(steps[1].position_bytes, 2U);
}

TEST(Steps, HaveOneGroup) {
  const std::vector<Step> steps = cut({{0, 1, 4}, {0, 2, 7}, {0, 0, 4}, {0, 3, 7}, {0, 4, 4}}, 0, {});
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[1].group, 7U);
  EXPECT_EQ(steps[1].bytes, 5U);
  EXPECT_EQ(steps[2].group, 4U);
}

TEST(Steps, AreTheRangesWhateverTheLimits) {
  test::Random random(test::test_seed());
  for (int round = 0; round < 500; ++round) {
    std::vector<RangePlace> ranges(random.between(1, 20));
    for (RangePlace& range : ranges) range = {random.below(100), random.below(30), random.below(2)};
    StepLimits limits;
    limits.unit_bytes = std::uint64_t{1} << random.below(4);
    limits.bytes = random.between(limits.unit_bytes, 40);
    limits.parts = random.between(1, 5);
    const std::uint64_t destination = random.below(20);
    std::uint64_t position = 0;
    std::vector<RangePlace> got(ranges.size());
    const std::vector<Step> steps = cut(ranges, destination, limits);
    for (const Step& step : steps) {
      EXPECT_EQ(step.position_bytes, position);
      EXPECT_LE(step.parts.size(), limits.parts);
      std::uint64_t bytes = 0;
      for (const Part& part : step.parts) {
        EXPECT_GT(part.length_bytes, 0U);
        EXPECT_EQ(ranges[part.range].group, step.group);
        EXPECT_EQ(part.offset_bytes, ranges[part.range].offset_bytes + got[part.range].length_bytes);
        for (std::size_t earlier = 0; earlier < part.range; ++earlier) {
          EXPECT_EQ(got[earlier].length_bytes, ranges[earlier].length_bytes) << "in order";
        }
        got[part.range].length_bytes += part.length_bytes;
        bytes += part.length_bytes;
      }
      EXPECT_EQ(bytes, step.bytes);
      EXPECT_LE(bytes, limits.bytes);
      position += bytes;
    }
    for (std::size_t i = 0; i < ranges.size(); ++i) EXPECT_EQ(got[i].length_bytes, ranges[i].length_bytes);
  }
}

TEST(Steps, TheRestOfParts) {
  const std::vector<Part> parts = {{0, 10, 4}, {1, 20, 6}};
  EXPECT_EQ(skip_bytes(parts, 0), parts);
  EXPECT_EQ(skip_bytes(parts, 3), (std::vector<Part>{{0, 13, 1}, {1, 20, 6}}));
  EXPECT_EQ(skip_bytes(parts, 4), (std::vector<Part>{{1, 20, 6}}));
  EXPECT_EQ(skip_bytes(parts, 9), (std::vector<Part>{{1, 25, 1}}));
  EXPECT_TRUE(skip_bytes(parts, 10).empty());
  EXPECT_TRUE(skip_bytes(parts, 99).empty());
}

}  // namespace
}  // namespace zonecopy::gather
