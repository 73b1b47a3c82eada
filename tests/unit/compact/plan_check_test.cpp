// A plan that was found is taken only if it follows from the list.
#include "tools/compact/plan_check.h"

#include <gtest/gtest.h>

#include <functional>

namespace zonecopy::compact {
namespace {

constexpr std::uint64_t block = 4096;

/// seq/3 has no live extent; seq/4 has two, which are neighbours, and seq/5 one.
LiveList list() {
  LiveList list;
  list.extents = {{3, 0, 0, 1}, {4, 2 * block, block, 2}, {4, block, block, 3}, {5, 0, 3 * block, 4}};
  return list;
}

/// Three rounds; the last one fills what the one before has begun.
Plan plan() {
  Plan plan;
  plan.rounds.push_back({{{3, 16 * block, 0, 1}, {7, 16 * block, 0, 1}}, {}});
  plan.rounds.push_back({{{4, 16 * block, 2 * block, 2}},
                         {{9, 0, false, {{4, block, block, 0, 7}}}, {3, 0, false, {{4, 2 * block, block, 0, 7}}}}});
  plan.rounds.push_back({{{5, 16 * block, 3 * block, 3}}, {{3, block, false, {{5, 0, 3 * block, block, 8}}}}});
  return plan;
}

/// The error's detail; empty for none. --victim seq/7.
std::string refusal(const std::function<void(Plan&)>& change, std::vector<ZoneNumber> destinations = {}) {
  Plan changed = plan();
  change(changed);
  const Status checked = check_plan(changed, list(), {7}, destinations);
  return checked ? "" : checked.error().detail();
}

TEST(CheckPlan, one_that_follows_from_the_list) {
  EXPECT_EQ(refusal([](Plan&) {}), "");
  EXPECT_EQ(refusal([](Plan&) {}, {9, 3}), "");
  EXPECT_EQ(refusal([](Plan& plan) { plan.rounds.clear(); }), "");
}

TEST(CheckPlan, victims) {
  const std::string wrong = "it does not follow from the live list: ";
  EXPECT_EQ(refusal([](Plan& plan) { plan.rounds[0].victims[0].zone = 6; }),
            wrong + "seq/6 is named nowhere, but would be reset");
  EXPECT_EQ(refusal([](Plan& plan) { plan.rounds[2].victims.push_back(plan.rounds[0].victims[1]); }),
            wrong + "seq/7 would be reset twice");
  EXPECT_EQ(refusal([](Plan& plan) {
              plan.rounds[0].victims.push_back({9, 16 * block, 0, 1});
            }),
            wrong + "seq/9 is named nowhere, but would be reset");
}

TEST(CheckPlan, moves_are_the_extents_of_the_list) {
  const std::string others = "it does not follow from the live list: seq/4 has other live extents";
  EXPECT_EQ(refusal([](Plan& plan) { plan.rounds[1].fillings.pop_back(); }), others) << "a move that is lost";
  EXPECT_EQ(refusal([](Plan& plan) { plan.rounds[1].fillings.clear(); }), others);
  EXPECT_EQ(refusal([](Plan& plan) { plan.rounds[1].fillings[0].moves[0].old_offset_bytes = 0; }), others);
  EXPECT_EQ(refusal([](Plan& plan) { plan.rounds[1].fillings[1].moves[0].length_bytes = block / 2; }), others);
  EXPECT_EQ(refusal([](Plan& plan) { plan.rounds[1].victims[0].live_bytes = 0; }), others);
  EXPECT_EQ(refusal([](Plan& plan) { plan.rounds[1].victims.clear(); }),
            "it does not follow from the live list: seq/4 would be copied, but is no victim of the round");
}

TEST(CheckPlan, what_is_filled) {
  const std::string reset = "it does not follow from the live list: seq/5 would be filled, and reset afterwards";
  EXPECT_EQ(refusal([](Plan& plan) { plan.rounds[1].fillings[0].zone = 5; }), reset) << "a later victim";
  EXPECT_EQ(refusal([](Plan& plan) { plan.rounds[2].fillings[0] = {5, 0, false, {{5, 0, 3 * block, 0, 8}}}; }), reset);
  const std::string gap = "it does not follow from the live list: seq/3 would be filled with a gap";
  EXPECT_EQ(refusal([](Plan& plan) { plan.rounds[1].fillings[1].moves[0].new_offset_bytes = block; }), gap);
  EXPECT_EQ(refusal([](Plan& plan) { plan.rounds[2].fillings[0].start_bytes = 0; }), gap);
  EXPECT_EQ(refusal([](Plan&) {}, {9}),
            "it does not follow from the live list: seq/3 is not named by --destination, but would be filled");
}

}  // namespace
}  // namespace zonecopy::compact
