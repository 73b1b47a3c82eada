#include "tools/bench/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace zonecopy::benching {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t mib = 1U << 20;

Supply zones(std::size_t count, std::uint64_t capacity_bytes = 4 * mib) {
  Supply supply;
  supply.block_size_bytes = 4096;
  for (std::size_t i = 0; i < count; ++i) supply.zones.push_back({i, capacity_bytes});
  return supply;
}

Load load(std::uint32_t jobs, std::uint64_t job_bytes) {
  Load load;
  load.jobs = jobs;
  load.job_bytes = job_bytes;
  return load;
}

TEST(BenchPlan, WhatWasAskedForFits) {
  const Result<Plan> plan = make_plan(zones(16), load(2, 10 * mib));
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->notes, IsEmpty());
  EXPECT_EQ(plan->job_bytes, 10 * mib);
  EXPECT_FALSE(plan->finish_zones);
  ASSERT_EQ(plan->jobs.size(), 2U);
  EXPECT_THAT(plan->jobs[0].sources, ElementsAre(0, 1, 2));
  EXPECT_THAT(plan->jobs[1].destinations, ElementsAre(9, 10, 11));
  EXPECT_EQ(plan->zone_fill_bytes(0), 4 * mib);
  EXPECT_EQ(plan->zone_fill_bytes(2), 2 * mib);
  EXPECT_EQ(plan->zone_fill_bytes(3), 0U);
}

TEST(BenchPlan, NoZoneIsOfTwoJobs) {
  const Result<Plan> plan = make_plan(zones(64), load(8, 16 * mib));
  ASSERT_TRUE(plan);
  std::set<std::size_t> all;
  for (const JobZones& job : plan->jobs) {
    all.insert(job.sources.begin(), job.sources.end());
    all.insert(job.destinations.begin(), job.destinations.end());
  }
  EXPECT_EQ(all.size(), 64U);
}

TEST(BenchPlan, LessAJobBeforeFewerJobs) {
  const Result<Plan> plan = make_plan(zones(8), load(4, 384 * mib));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->jobs.size(), 4U);
  EXPECT_EQ(plan->job_bytes, 4 * mib);
  EXPECT_THAT(plan->notes, ElementsAre(HasSubstr("4MiB a job instead of 384MiB")));
}

TEST(BenchPlan, FewerJobsThanAskedFor) {
  const Result<Plan> plan = make_plan(zones(7), load(32, mib));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->jobs.size(), 3U);
  EXPECT_EQ(plan->job_bytes, mib);
  EXPECT_THAT(plan->notes, ElementsAre(HasSubstr("3 jobs instead of 32")));
}

TEST(BenchPlan, LimitsOfOpenAndActiveZones) {
  Supply supply = zones(64);
  supply.limits = {8, 6};
  supply.active_by_others = 2;
  const Result<Plan> plan = make_plan(supply, load(32, mib));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->jobs.size(), 4U);
  EXPECT_TRUE(plan->finish_zones);
  supply.active_by_others = 6;
  EXPECT_EQ(make_plan(supply, load(32, mib)).error().code(), EBUSY);
}

TEST(BenchPlan, DestinationsLeftInPartAreFinishedWhereActiveZonesAreCounted) {
  Supply supply = zones(64);
  const Result<Plan> unlimited = make_plan(supply, load(2, mib));
  EXPECT_FALSE(unlimited->finishes_destinations({3 * 4096, 1}));
  supply.limits = {8, 6};
  const Result<Plan> limited = make_plan(supply, load(2, mib));
  EXPECT_TRUE(limited->finishes_destinations({3 * 4096, 1}));
  EXPECT_FALSE(limited->finishes_destinations({4096, 4}));
}

TEST(BenchPlan, ShorterZonesAreLeftOut) {
  Supply supply = zones(4);
  supply.zones[1].capacity_bytes = mib;
  const Result<Plan> plan = make_plan(supply, load(1, mib));
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->jobs[0].sources, ElementsAre(0));
  EXPECT_THAT(plan->jobs[0].destinations, ElementsAre(2));
}

TEST(BenchPlan, OneZoneIsTooFew) {
  EXPECT_EQ(make_plan(zones(1), load(1, mib)).error().code(), ENOSPC);
  EXPECT_EQ(make_plan(zones(0), load(1, mib)).error().code(), ENOSPC);
}

TEST(BenchPlan, SizesAreWholeBlocks) {
  EXPECT_EQ(make_plan(zones(2), load(1, 10000))->job_bytes, 8192U);
  EXPECT_EQ(make_plan(zones(2), load(1, 1))->job_bytes, 4096U);
}

TEST(BenchPlan, ShapesThatCannotBeMeasured) {
  const Plan small = *make_plan(zones(4), load(1, mib));
  EXPECT_EQ(why_not_measured(small, {mib, 1}, 4096), "");
  EXPECT_THAT(why_not_measured(small, {mib, 2}, 4096), HasSubstr("2MiB is longer than the 1MiB that are for a job"));
  EXPECT_THAT(why_not_measured(small, {512, 2}, 4096), HasSubstr("no whole blocks"));
  const Plan large = *make_plan(zones(4), load(1, 8 * mib));
  EXPECT_THAT(why_not_measured(large, {2 * mib, 4}, 4096), HasSubstr("4MiB that fit into a zone"));
}

}  // namespace
}  // namespace zonecopy::benching
