#include "tools/bench/walk.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "tools/bench/pattern.h"

namespace zonecopy::benching {
namespace {

constexpr std::uint64_t kib = 1U << 10;

/// Zones of 64 KiB, of which each job has `zones` a side.
struct Setting {
  Plan plan;
  Load load;
  explicit Setting(std::size_t zones, std::uint64_t job_bytes) {
    plan.zone_bytes = 64 * kib;
    plan.job_bytes = job_bytes;
    plan.jobs.resize(2);
    for (JobZones& job : plan.jobs) {
      job.sources.resize(zones);
      job.destinations.resize(zones);
    }
  }
};

TEST(Walk, CoversAllOfTheSourcesOnce) {
  const Setting setting(3, 3 * 64 * kib);
  const Shape shape{4 * kib, 4};
  const Walk walk(setting.plan, shape, setting.load, 0);
  EXPECT_EQ(walk.steps(), 12U);
  std::set<std::pair<std::size_t, std::uint64_t>> places;
  for (std::uint64_t i = 0; i < walk.steps(); ++i) {
    for (const JobPlace& source : walk.step(i).sources) places.insert({source.zone, source.offset_bytes});
  }
  EXPECT_EQ(places.size(), 48U);
}

TEST(Walk, RangesThatFollowEachOtherDoNotTouch) {
  const Setting setting(1, 64 * kib);
  for (const std::uint32_t ranges : {2U, 4U, 16U}) {
    const Walk walk(setting.plan, {4 * kib, ranges}, setting.load, 0);
    for (std::uint64_t i = 0; i < walk.steps(); ++i) {
      const Step step = walk.step(i);
      for (std::uint32_t range = 1; range < ranges; ++range) {
        EXPECT_NE(step.sources[range].offset_bytes, step.sources[range - 1].offset_bytes + 4 * kib);
      }
    }
  }
}

TEST(Walk, WritesEachZoneInOrderAndCrossesNone) {
  const Setting setting(2, 2 * 64 * kib);
  const Walk walk(setting.plan, {12 * kib, 2}, setting.load, 0);  // two of 24 KiB in a zone of 64 KiB
  ASSERT_EQ(walk.steps(), 4U);
  EXPECT_EQ(walk.step(1).destination, (JobPlace{0, 24 * kib}));
  EXPECT_EQ(walk.step(2).destination, (JobPlace{1, 0}));
  for (std::uint64_t i = 0; i < walk.steps(); ++i) {
    for (const JobPlace& source : walk.step(i).sources) EXPECT_LE(source.offset_bytes + 12 * kib, 64 * kib);
  }
}

TEST(Walk, AZoneFilledInPartGivesNoMore) {
  const Setting setting(2, 96 * kib);
  const Walk walk(setting.plan, {16 * kib, 1}, setting.load, 0);
  ASSERT_EQ(walk.steps(), 6U);
  EXPECT_EQ(walk.step(5).sources.front(), (JobPlace{1, 16 * kib}));
}

TEST(Walk, RandomPlacesAreTheSameAgainAndOfTheJob) {
  Setting setting(2, 96 * kib);
  setting.load.random = true;
  const Shape shape{4 * kib, 3};
  const Walk walk(setting.plan, shape, setting.load, 0);
  const Walk again(setting.plan, shape, setting.load, 0);
  const Walk other(setting.plan, shape, setting.load, 1);
  bool differs = false;
  for (std::uint64_t i = 0; i < walk.steps(); ++i) {
    const Step step = walk.step(i);
    EXPECT_EQ(step.sources, again.step(i).sources);
    differs |= step.sources != other.step(i).sources;
    for (const JobPlace& source : step.sources) {
      EXPECT_LE(source.zone * 64 * kib + source.offset_bytes + 4 * kib, 96 * kib);
    }
  }
  EXPECT_TRUE(differs);
}

TEST(Pattern, IsFoundInItsPlaceOnly) {
  std::vector<std::byte> data(2048);
  make_pattern(1, 7, 4096, data);
  EXPECT_EQ(find_difference(1, 7, 4096, data), std::nullopt);
  EXPECT_EQ(find_difference(1, 8, 4096, data), 0U);
  EXPECT_EQ(find_difference(2, 7, 4096, data), 0U);
  EXPECT_EQ(find_difference(1, 7, 4096 - 512, data), 0U);
  data[1536] ^= std::byte{1};
  EXPECT_EQ(find_difference(1, 7, 4096, data), 1536U);
}

}  // namespace
}  // namespace zonecopy::benching
