// Sides as text: "C4 S4:2 S4F S4=3F" is a conventional zone of 4 blocks, a sequential one of which 2 are written, one that
// is full, and one that is full but whose data ends at 3. Behind a zone: "r" read-only, "o" offline, "w" not to be written.
#include "tools/clone/plan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sstream>

namespace zonecopy::cloning {
namespace {

constexpr std::uint64_t block_bytes = 512;

ZoneFacts zone_of(const std::string& word, std::size_t number) {
  ZoneFacts zone;
  zone.name = fmt::format("zone {}", number);
  zone.sequential = word[0] == 'S';
  std::size_t read = 0;
  zone.capacity_bytes = std::stoull(word.substr(1), &read) * block_bytes;
  zone.size_bytes = zone.sequential ? 0 : zone.capacity_bytes;
  for (std::size_t i = 1 + read; i < word.size(); ++i) {
    if (word[i] == ':' || word[i] == '=') zone.size_bytes = std::stoull(word.substr(i + 1)) * block_bytes;
    if (word[i] == 'r') zone.health = Health::read_only;
    if (word[i] == 'o') zone.health = Health::offline;
    if (word[i] == 'w') zone.writable = false;
    if (word[i] != 'F') continue;
    zone.full = true;
    if (word.find('=') == std::string::npos) zone.size_bytes = zone.capacity_bytes;
  }
  zone.active = zone.sequential && !zone.full && zone.size_bytes > 0;
  return zone;
}

Side side(const std::string& text, const ResourceLimits& limits = {}) {
  Side side;
  side.name = "side";
  side.block_size_bytes = block_bytes;
  side.zone_size_bytes = 4 * block_bytes;
  side.limits = limits;
  std::istringstream words(text);
  for (std::string word; words >> word;) side.zones.push_back(zone_of(word, side.zones.size()));
  return side;
}

/// "1>2:3F", a zone that gets 3 blocks of another and is finished; "-" before one that is left out.
std::string text_of(const Result<ClonePlan>& plan) {
  if (!plan) return plan.error().detail();
  std::string text;
  for (const ZoneTask& task : plan->tasks) {
    if (task.ranges.empty() && !task.finish) continue;
    text += fmt::format("{}{}>{}:{}{}", text.empty() ? "" : " ", task.source, task.destination,
                        task.bytes_to_copy() / block_bytes, task.finish ? "F" : "");
  }
  for (const SkippedZone& zone : plan->skipped) text += fmt::format(" -{}", zone.source);
  return text;
}

std::string plan_text(const std::string& source, const std::string& destination, const PlanRules& rules = {},
                      const ResourceLimits& limits = {}) {
  return text_of(make_plan(side(source), side(destination, limits), rules));
}

bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

PlanRules by_order(bool zone_0_apart = true) {
  PlanRules rules;
  rules.by_order = true;
  rules.zone_0_apart = zone_0_apart;
  return rules;
}

TEST(ClonePlan, EachZoneGoesToTheOneOfItsNumber) {
  EXPECT_EQ(plan_text("C4 S4:2 S4 S4F S4=3F", "C4 S4 S4 S4 S4"), "0>0:4 1>1:2 3>3:4F 4>4:3F");
  EXPECT_EQ(plan_text("C4 S4:2 S4 S4F S4=0F", "C4 S4 S4 S4 S4", by_order()), "1>1:2 3>3:4F 4>4:0F");
}

TEST(ClonePlan, FilesKeepTheirOrderWhereZonesDiffer) {
  EXPECT_EQ(plan_text("C4 C4 S4:2 S4F", "S8 C8 S8 S8 S8", by_order()), "1>1:4 2>2:2 3>3:4F");
  EXPECT_EQ(plan_text("C4 S4:2 S4 S4", "C4 S4 S4", by_order()), "1>1:2");
  EXPECT_EQ(plan_text("S8:2 S8=3F", "S4 S4", by_order(false)), "0>0:2 1>1:3F");
}

TEST(ClonePlan, WhatDoesNotFitIsRefused) {
  EXPECT_PRED2(says, plan_text("C4 S8:5", "C4 S4", by_order()), "a clone splits no zone");
  EXPECT_PRED2(says, plan_text("C4 S4:1 S4:1", "C4 S4", by_order()), "there is no zone for zone 2");
  EXPECT_PRED2(says, plan_text("C4 S4:1 S4:1", "C4 S4"), "its zones differ");
  EXPECT_PRED2(says, plan_text("C4 C4", "C4 S4", by_order()), "it has 0 conventional zones");
  PlanRules together = by_order();
  together.conventional_together = true;
  EXPECT_PRED2(says, plan_text("C4 C4 S4", "C4 C8 S4", together), "aggr_cnv");
  EXPECT_EQ(plan_text("C4 C4 S4:1", "C4 C4 S8", together), "1>1:4 2>2:1");
  EXPECT_PRED2(says, plan_text("C4 C4 S4", "C4 C4 C4 S4", together), "the file would be longer");
  EXPECT_EQ(plan_text("C4 C4 S4:1", "C4 C4 C4 S8", by_order()), "1>1:4 2>3:1");
}

TEST(ClonePlan, BlocksHaveOneSize) {
  Side other = side("C4 S4");
  other.block_size_bytes = 4096;
  const Result<ClonePlan> plan = make_plan(side("C4 S4"), other, by_order());
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code(), EINVAL);
  EXPECT_PRED2(says, plan.error().detail(), "its blocks have 4096 bytes, and those of side have 512");
}

TEST(ClonePlan, BadZonesAreToldOrLeftOut) {
  EXPECT_PRED2(says, plan_text("C4 S4o S4:1", "C4 S4 S4"), "zone 1: it is offline");
  EXPECT_PRED2(says, plan_text("C4 S4r S4:1", "C4 S4 S4"), "--skip-bad");
  PlanRules rules;
  rules.skip_bad = true;
  EXPECT_EQ(plan_text("C4 S4o S4:1 S4r", "C4 S4 S4 S4", rules), "0>0:4 2>2:1 -1 -3");
  EXPECT_PRED2(says, plan_text("C4 S4:1", "C4 S4o", rules), "zone 1 is offline");
  EXPECT_PRED2(says, plan_text("C4 S4:1", "C4 S4w", rules), "zone 1 is read-only");
  EXPECT_EQ(plan_text("C4 S4 S4:1", "C4 S4o S4"), "0>0:4 2>2:1");
}

TEST(ClonePlan, NoMoreZonesStayActiveThanAreAllowed) {
  const ResourceLimits two{1, 2};
  EXPECT_EQ(plan_text("S4F S4:1 S4:2 S4F", "S4 S4 S4 S4", {}, two), "0>0:4F 1>1:1 2>2:2 3>3:4F");
  EXPECT_PRED2(says, plan_text("S4F S4:1 S4:2 S4:3", "S4 S4 S4 S4", {}, two), "3 zones of the source are neither");
}

TEST(ClonePlan, JobsKeepWithinTheLimits) {
  EXPECT_EQ(*choose_jobs(side("S4"), 0), 8U);
  EXPECT_EQ(*choose_jobs(side("S4", {3, 0}), 0), 3U);
  EXPECT_EQ(*choose_jobs(side("S4", {14, 5}), 0), 5U);
  EXPECT_EQ(*choose_jobs(side("S4", {14, 14}), 0), 8U);
  EXPECT_EQ(*choose_jobs(side("S4", {14, 14}), 12), 12U);
  EXPECT_EQ(choose_jobs(side("S4", {3, 5}), 4).error().code(), EINVAL);
}

}  // namespace
}  // namespace zonecopy::cloning
