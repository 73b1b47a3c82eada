// Plans as text: `reset 1,2; fill 5 from 0: 1@0+2 2@4+1 | reset ...` is a round that puts two blocks of seq/1, from its
// block 0 on, and one of seq/2 into seq/5. All numbers are blocks.
#include "tools/compact/plan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/compact/zones.h"

namespace zonecopy::compact {
namespace {

using test::block_bytes;
using test::capacity_blocks;
using test::zones_with;

struct Live {
  ZoneNumber zone;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> extents;  ///< first block, blocks
};

Victims victims_of(const std::vector<Live>& lives, const ZoneFiles& zones) {
  Victims victims;
  for (const Live& live : lives) {
    const ZoneFile& file = zones.files.at(live.zone);
    Victim victim{live.zone, file.size_bytes, file.capacity_bytes, 0, {}};
    for (const auto& [first, blocks] : live.extents) {
      victim.live_bytes += blocks * block_bytes;
      victim.extents.push_back({first * block_bytes, blocks * block_bytes});
    }
    victims.victims.push_back(std::move(victim));
  }
  return victims;
}

std::string text_of(const Round& round) {
  std::string text = "reset";
  for (const PlannedVictim& victim : round.victims) text += fmt::format(" {}", victim.zone);
  for (const Filling& filling : round.fillings) {
    text += fmt::format("; fill {} from {}:", filling.zone, filling.start_bytes / block_bytes);
    for (const Move& move : filling.moves) {
      text +=
          fmt::format(" {}@{}+{}", move.old_zone, move.old_offset_bytes / block_bytes, move.length_bytes / block_bytes);
    }
    if (filling.finish) text += " finish";
  }
  return text;
}

std::string text_of(const Result<Plan>& plan) {
  if (!plan) return plan.error().to_string();
  std::string text;
  for (const Round& round : plan->rounds) text += (text.empty() ? "" : " | ") + text_of(round);
  return text;
}

std::string plan_text(const std::vector<Live>& lives, const ZoneFiles& zones,
                      const std::vector<ZoneNumber>& destinations = {}, const PlanLimits& limits = {}) {
  return text_of(make_plan(victims_of(lives, zones), destinations, zones, limits));
}

TEST(Plan, one_round) {
  const ZoneFiles zones = zones_with({16, 16, 0, 16, 0});
  EXPECT_EQ(plan_text({}, zones), "") << "nothing to win";
  EXPECT_EQ(plan_text({{0, {{0, 2}, {4, 1}}}}, zones), "reset 0; fill 2 from 0: 0@0+2 0@4+1");
  EXPECT_EQ(plan_text({{0, {{0, 4}}}, {1, {{3, 2}}}}, zones), "reset 1 0; fill 2 from 0: 1@3+2 0@0+4")
      << "who has less that is live comes first";
  EXPECT_EQ(plan_text({{0, {{0, 10}}}, {1, {{0, 5}, {6, 5}}}}, zones),
            "reset 0 1; fill 2 from 0: 0@0+10 1@0+5; fill 4 from 0: 1@6+5")
      << "an extent is not divided";
}

TEST(Plan, victims_without_live_extents_come_first_and_give_room) {
  EXPECT_EQ(plan_text({{0, {}}, {1, {{0, 4}}}}, zones_with({16, 16})), "reset 0 | reset 1; fill 0 from 0: 1@0+4");
  EXPECT_EQ(plan_text({{0, {}}}, zones_with({16, 16})), "reset 0");
}

TEST(Plan, rounds_where_there_is_little_room) {
  // Zones of 16 blocks with 10 live ones, and a single empty one.
  const ZoneFiles zones = zones_with({16, 16, 16, 16, 0});
  const std::vector<Live> lives = {
      {0, {{0, 5}, {6, 5}}}, {1, {{0, 5}, {6, 5}}}, {2, {{0, 5}, {6, 5}}}, {3, {{0, 5}, {6, 5}}}};
  EXPECT_EQ(plan_text(lives, zones),
            "reset 0; fill 4 from 0: 0@0+5 0@6+5"
            " | reset 1 2; fill 4 from 10: 1@0+5; fill 0 from 0: 1@6+5 2@0+5 2@6+5"
            " | reset 3; fill 1 from 0: 3@0+5 3@6+5");
  EXPECT_EQ(plan_text({{0, {{0, 15}}}, {1, {{0, 15}}}}, zones_with({16, 16, 0})),
            "reset 0; fill 2 from 0: 0@0+15 | reset 1; fill 0 from 0: 1@0+15");
}

TEST(Plan, chosen_destinations) {
  ZoneFiles zones = zones_with({16, 16, 0, 0, 0});
  const std::vector<Live> lives = {{0, {{0, 8}}}, {1, {{0, 12}}}};
  EXPECT_EQ(plan_text(lives, zones, {4, 3}), "reset 0 1; fill 4 from 0: 0@0+8; fill 3 from 0: 1@0+12");
  EXPECT_NE(plan_text(lives, zones, {4})
                .find("the 49152 live bytes of seq/1 do not fit: the zones of --destination hold 65536"),
            std::string::npos)
      << "zones that become empty are not filled";
  EXPECT_NE(plan_text(lives, zones, {1}).find("--destination seq/1: it is not empty"), std::string::npos);
  EXPECT_NE(plan_text(lives, zones, {9}).find("--destination seq/9: there is no such zone"), std::string::npos);
  EXPECT_NE(plan_text(lives, zones, {3, 3}).find("--destination seq/3: it is named twice"), std::string::npos);
  zones.files[3].writable = false;
  EXPECT_NE(plan_text(lives, zones, {3}).find("--destination seq/3: it is read-only"), std::string::npos);
  EXPECT_EQ(plan_text({{0, {{0, 12}}}, {1, {{0, 12}}}}, zones),
            "reset 0 1; fill 2 from 0: 0@0+12; fill 4 from 0: 1@0+12")
      << "one that cannot be written is passed over";
}

TEST(Plan, what_does_not_fit) {
  const auto refused = [](const ZoneFiles& zones) {
    return make_plan(victims_of({{0, {{0, 4}}}}, zones), {}, zones, {});
  };
  const Result<Plan> plan = refused(zones_with({16, 16}));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code(), ENOSPC);
  EXPECT_NE(plan.error().to_string().find("the 16384 live bytes of seq/0 do not fit: a zone has to be empty"),
            std::string::npos);
  ZoneFiles small = zones_with({16, 0});
  small.files[1].capacity_bytes = 3 * block_bytes;
  EXPECT_FALSE(refused(small));
}

TEST(Plan, active_zones) {
  const ZoneFiles zones = zones_with({16, 16, 16, 0, 0, 0, 0});
  const std::vector<Live> lives = {{0, {{0, 10}}}, {1, {{0, 11}}}, {2, {{0, 12}}}};
  const auto plan_with = [&](std::uint64_t max_active, std::uint64_t active) {
    PlanLimits limits;
    limits.max_active_zones = max_active;
    limits.active_zones = active;
    return plan_text(lives, zones, {}, limits);
  };
  EXPECT_EQ(plan_with(0, 5), "reset 0 1 2; fill 3 from 0: 0@0+10; fill 4 from 0: 1@0+11; fill 5 from 0: 2@0+12");
  EXPECT_EQ(plan_with(5, 2), "reset 0 1 2; fill 3 from 0: 0@0+10; fill 4 from 0: 1@0+11; fill 5 from 0: 2@0+12");
  EXPECT_EQ(plan_with(4, 2), "reset 0 1 2; fill 3 from 0: 0@0+10; fill 4 from 0: 1@0+11 finish; fill 5 from 0: 2@0+12");
  EXPECT_EQ(plan_with(4, 3),
            "reset 0 1 2; fill 3 from 0: 0@0+10 finish; fill 4 from 0: 1@0+11 finish; fill 5 from 0: 2@0+12");
  EXPECT_NE(plan_with(4, 4).find("all 4 zones that can be active are"), std::string::npos);
  EXPECT_NE(plan_with(4, 5).find("all 4 zones that can be active are"), std::string::npos);
}

TEST(Plan, a_zone_of_an_earlier_round_is_finished_before_another_is_begun) {
  PlanLimits limits;
  limits.max_active_zones = 1;
  EXPECT_EQ(plan_text({{0, {{0, 12}}}, {1, {{0, 12}}}}, zones_with({16, 16, 0}), {}, limits),
            "reset 0; fill 2 from 0: 0@0+12 | reset 1; fill 2 from 12: finish; fill 0 from 0: 1@0+12");
}

TEST(Plan, dead_zones_that_are_active_make_room) {
  const ZoneFiles zones = zones_with({8, 16, 0});
  PlanLimits limits;
  limits.max_active_zones = limits.active_zones = 1;
  EXPECT_EQ(plan_text({{0, {}}, {1, {{0, 4}}}}, zones, {}, limits), "reset 0 | reset 1; fill 2 from 0: 1@0+4");
}

TEST(Plan, open_zones) {
  PlanLimits limits;
  limits.max_open_zones = limits.open_zones = 2;
  const ZoneFiles zones = zones_with({16, 0});
  EXPECT_NE(plan_text({{0, {{0, 4}}}}, zones, {}, limits).find("all 2 zones that can be open for writing are"),
            std::string::npos);
  EXPECT_EQ(plan_text({{0, {}}}, zones, {}, limits), "reset 0") << "nothing is written";
}

/// Plays a plan: what every rule says of it at once.
void check_plan(const Plan& plan, const std::vector<Live>& lives, const ZoneFiles& zones, const PlanLimits& limits) {
  std::map<ZoneNumber, std::uint64_t> size_bytes;
  std::set<ZoneNumber> finished;
  std::uint64_t active = limits.active_zones;
  for (const auto& [zone, file] : zones.files) size_bytes[zone] = file.size_bytes;
  std::map<ZoneNumber, std::size_t> moved;
  const auto partly = [&](ZoneNumber zone) {
    return size_bytes[zone] > 0 && size_bytes[zone] < zones.files.at(zone).capacity_bytes && !finished.contains(zone);
  };
  for (const Round& round : plan.rounds) {
    std::set<ZoneNumber> victims;
    for (const PlannedVictim& victim : round.victims) victims.insert(victim.zone);
    for (const Filling& filling : round.fillings) {
      ASSERT_EQ(size_bytes[filling.zone], filling.start_bytes);
      for (const Move& move : filling.moves) {
        ASSERT_TRUE(victims.contains(move.old_zone)) << "only victims of the round are read";
        ASSERT_EQ(move.new_offset_bytes, size_bytes[filling.zone]);
        if (size_bytes[filling.zone] == 0) ++active;
        size_bytes[filling.zone] += move.length_bytes;
        ASSERT_LE(size_bytes[filling.zone], zones.files.at(filling.zone).capacity_bytes);
        if (limits.max_active_zones != 0) {
          ASSERT_LE(active, limits.max_active_zones);
        }
        if (size_bytes[filling.zone] == zones.files.at(filling.zone).capacity_bytes) --active;
        ++moved[move.old_zone];
      }
      if (filling.finish && partly(filling.zone)) {
        finished.insert(filling.zone);
        --active;
      }
    }
    for (const ZoneNumber zone : victims) {
      size_bytes[zone] = 0;
      finished.erase(zone);
    }
  }
  for (const Live& live : lives) {
    EXPECT_EQ(size_bytes[live.zone] == 0 || moved.contains(live.zone), true);
    EXPECT_EQ(moved[live.zone], live.extents.size()) << "each extent of a victim is moved once";
  }
}

TEST(Plan, any_plan_keeps_the_rules) {
  std::mt19937 random(20261127);
  const auto upto = [&random](std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(0, most)(random);
  };
  for (int i = 0; i < 3000; ++i) {
    const std::size_t count = 2 + upto(20);
    ZoneFiles zones = zones_with({});
    zones.block_size_bytes = block_bytes;
    std::vector<Live> lives;
    for (std::size_t zone = 0; zone < count; ++zone) {
      const bool empty = upto(5) == 0;
      zones.files[zone] = {(empty ? 0 : capacity_blocks) * block_bytes, capacity_blocks * block_bytes, true, true};
      if (empty) continue;
      Live live{static_cast<ZoneNumber>(zone), {}};
      for (std::uint64_t block = upto(3); block < capacity_blocks - 1;) {
        const std::uint64_t blocks = std::min(1 + upto(4), capacity_blocks - 1 - block);
        live.extents.emplace_back(block, blocks);
        block += blocks + upto(6);
      }
      lives.push_back(std::move(live));
    }
    PlanLimits limits;
    limits.max_active_zones = upto(3);
    const Victims victims = victims_of(lives, zones);
    const Result<Plan> plan = make_plan(victims, {}, zones, limits);
    if (!plan) {
      EXPECT_EQ(plan.error().code(), ENOSPC);
      continue;
    }
    check_plan(*plan, lives, zones, limits);
    if (testing::Test::HasFatalFailure()) FAIL() << "round " << i << ": " << text_of(plan);
  }
}

TEST(Plan, totals) {
  const ZoneFiles zones = zones_with({16, 16, 0});
  const Result<Plan> plan = make_plan(victims_of({{0, {{0, 2}, {4, 1}}}, {1, {}}}, zones), {}, zones, {});
  ASSERT_TRUE(plan);
  const PlanTotals totals = totals_of(*plan);
  EXPECT_EQ(totals.victims, 2U);
  EXPECT_EQ(totals.filled_zones, 1U);
  EXPECT_EQ(totals.extents, 2U);
  EXPECT_EQ(totals.bytes, 3 * block_bytes);
}

}  // namespace
}  // namespace zonecopy::compact
