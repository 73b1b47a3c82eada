// The plan and the map as text, and how far a map says that a compaction has come.
#include "tools/compact/plan_file.h"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>

namespace zonecopy::compact {
namespace {

Filling filling(ZoneNumber zone, std::uint64_t start, bool finish, std::vector<Move> moves) {
  return {zone, start, finish, std::move(moves)};
}

PlanFile example() {
  PlanFile file;
  file.identity = {"1b4e28ba-2fa1-11d2-883f-0016d3cca427", 0x0123456789abcdef, 16};
  file.plan.rounds.push_back({{{3, 65536, 0, 1}}, {}});
  file.plan.rounds.push_back(
      {{{4, 65536, 8192, 2}},
       {filling(9, 0, true, {{4, 4096, 4096, 0, 0xfedcba9876543210}, {4, 16384, 4096, 4096, 7}})}});
  file.plan.rounds.push_back({{{5, 65536, 4096, 3}}, {filling(3, 0, false, {{5, 0, 4096, 0, 8}})}});
  return file;
}

TEST(PlanFile, is_read_as_it_was_written) {
  const std::string text = to_text(example());
  const Result<PlanFile> read = parse_plan_file(text);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(to_text(*read), text);
  EXPECT_EQ(read->identity.list_xxh3, 0x0123456789abcdefU);
  ASSERT_EQ(read->plan.rounds.size(), 3U);
  EXPECT_EQ(read->plan.rounds[0].victims[0].sample_xxh3, 1U);
  EXPECT_TRUE(read->plan.rounds[1].fillings[0].finish);
  EXPECT_EQ(read->plan.rounds[1].fillings[0].moves[0].xxh3, 0xfedcba9876543210U);
  EXPECT_EQ(read->plan.rounds[1].fillings[0].end_bytes(), 8192U);
}

TEST(PlanFile, anything_else_is_refused) {
  const std::string text = to_text(example());
  for (std::size_t length = 0; length + 2 < text.size(); length += 7) {
    EXPECT_FALSE(parse_plan_file(text.substr(0, length))) << length;
  }
  EXPECT_FALSE(parse_plan_file("{}"));
  EXPECT_FALSE(parse_plan_file("[1,2]"));
  std::string other_version = text;
  other_version.replace(other_version.find(":2"), 2, ":3");
  EXPECT_NE(parse_plan_file(other_version).error().to_string().find("another version"), std::string::npos);
}

TEST(PlanFile, one_that_is_damaged_but_still_json_is_refused) {
  const std::string text = to_text(example());
  for (const auto& [before, after] : {std::pair{"65536", "-5536"}, {"16384", "16385"}, {R"("xxh3")", R"("xxh4")"}}) {
    std::string damaged = text;
    damaged.replace(damaged.find(before), std::string_view(before).size(), after);
    EXPECT_FALSE(parse_plan_file(damaged)) << before;
  }
  const std::string move = R"([4,16384,4096,4096,"0000000000000007"])";
  std::string shorter = text;
  shorter.erase(shorter.find("," + move), move.size() + 1);
  EXPECT_FALSE(parse_plan_file(shorter)) << "a move that is lost";
  EXPECT_FALSE(parse_plan_file(text + "\n"));
}

TEST(PlanFile, whose_plan_it_is) {
  const PlanIdentity mine{"a", 1, 16};
  EXPECT_EQ(difference(mine, {"a", 1, 16}), "");
  EXPECT_EQ(difference(mine, {"", 1, 16}), "") << "the UUID is not always known";
  EXPECT_EQ(difference({"", 1, 16}, mine), "");
  EXPECT_NE(difference(mine, {"b", 1, 16}).find("another file system"), std::string::npos);
  EXPECT_NE(difference(mine, {"a", 1, 17}).find("another file system"), std::string::npos);
  EXPECT_NE(difference(mine, {"a", 2, 16}).find("another live list"), std::string::npos);
}

TEST(Map, a_line_for_each_extent) {
  const Plan plan = example().plan;
  EXPECT_EQ(map_text(plan, 0), "");
  EXPECT_EQ(map_text(plan, 1), "");
  EXPECT_EQ(
      map_text(plan, 2),
      R"({"old":{"file":"seq/4","offset":4096,"length":4096},"new":{"file":"seq/9","offset":0},"xxh3":"fedcba9876543210","round":2})"
      "\n"
      R"({"old":{"file":"seq/4","offset":16384,"length":4096},"new":{"file":"seq/9","offset":4096},"xxh3":"0000000000000007","round":2})"
      "\n");
}

TEST(Map, tells_how_many_rounds_are_copied) {
  const Plan plan = example().plan;
  EXPECT_EQ(rounds_in_map(plan, std::nullopt), 0U);
  for (std::size_t rounds = 1; rounds <= plan.rounds.size(); ++rounds) {
    EXPECT_EQ(rounds_in_map(plan, map_text(plan, rounds)), rounds);
  }
  EXPECT_FALSE(rounds_in_map(plan, "something"));
  EXPECT_FALSE(rounds_in_map(plan, map_text(plan, 3) + "\n"));
  EXPECT_FALSE(rounds_in_map(plan, map_text(plan, 2).substr(0, 50)));
}

TEST(Map, without_a_round_of_dead_zones_an_empty_map_is_not_of_the_plan) {
  Plan plan = example().plan;
  plan.rounds.erase(plan.rounds.begin());
  EXPECT_EQ(rounds_in_map(plan, std::nullopt), 0U);
  EXPECT_FALSE(rounds_in_map(plan, ""));
}

}  // namespace
}  // namespace zonecopy::compact
