// The zone state machine against a table written by hand: every condition, every command, every state of resources.
#include "zonecopy/zone_state.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <string>
#include <vector>

#include "tests/support/seed.h"

namespace zonecopy {
namespace {

constexpr std::uint64_t capacity_blocks = 8;

/// What came out, in the words of the tables below.
std::string render(const std::variant<ZoneTransition, ZoneRefusal>& outcome) {
  if (const auto* refusal = std::get_if<ZoneRefusal>(&outcome)) {
    switch (*refusal) {
      case ZoneRefusal::boundary: return "!boundary";
      case ZoneRefusal::full: return "!full";
      case ZoneRefusal::read_only: return "!read-only";
      case ZoneRefusal::offline: return "!offline";
      case ZoneRefusal::invalid_write: return "!write";
      case ZoneRefusal::too_many_open: return "!open";
      case ZoneRefusal::too_many_active: return "!active";
      case ZoneRefusal::invalid_transition: return "!transition";
    }
  }
  const auto& done = std::get<ZoneTransition>(outcome);
  static const std::map<ZoneCondition, std::string> short_names = {
      {ZoneCondition::not_write_pointer, "none"}, {ZoneCondition::empty, "E"},    {ZoneCondition::implicit_open, "IO"},
      {ZoneCondition::explicit_open, "EO"},       {ZoneCondition::closed, "C"},   {ZoneCondition::full, "F"},
      {ZoneCondition::read_only, "RO"},           {ZoneCondition::offline, "OFF"}};
  return short_names.at(done.after.condition) + std::to_string(done.after.write_pointer_blocks) +
         (done.evicts_implicit_open ? " evict" : "");
}

struct Start {
  std::string name;
  ZoneState state;
};
const std::vector<Start> starts = {
    {"not-write-pointer", {ZoneCondition::not_write_pointer, 0}},
    {"empty", {ZoneCondition::empty, 0}},
    {"implicit-open at 4", {ZoneCondition::implicit_open, 4}},
    {"implicit-open at 0", {ZoneCondition::implicit_open, 0}},
    {"explicit-open at 4", {ZoneCondition::explicit_open, 4}},
    {"explicit-open at 0", {ZoneCondition::explicit_open, 0}},
    {"closed at 4", {ZoneCondition::closed, 4}},
    {"full", {ZoneCondition::full, 8}},
    {"read-only", {ZoneCondition::read_only, 4}},
    {"offline", {ZoneCondition::offline, 0}},
};

struct Row {
  std::string name;
  ZoneRequest request;
  std::vector<std::string> expected;  ///< by `starts`; "A:" takes an active and an open resource, "O:" an open one
};

const std::string T = "!transition";
const std::string W = "!write";
const std::string B = "!boundary";
const std::string X = "!full";
const std::string R = "!read-only";
const std::string Y = "!offline";

// clang-format off
const std::vector<Row> rows = {
    //                                              none    E          IO4    IO0    EO4    EO0    C4        F   RO  OFF
    {"write 2 at 0", {ZoneCommand::write, 0, 2}, {"none0", "A:IO2", W, "IO2", W, "EO2", W, X, R, Y}},
    {"write 2 at 4", {ZoneCommand::write, 4, 2}, {"none0", W, "IO6", W, "EO6", W, "O:IO6", X, R, Y}},
    {"write 2 at 3", {ZoneCommand::write, 3, 2}, {"none0", W, W, W, W, W, W, X, R, Y}},
    {"write 2 at 5", {ZoneCommand::write, 5, 2}, {"none0", W, W, W, W, W, W, X, R, Y}},
    {"write 2 at 8", {ZoneCommand::write, 8, 2}, {B, W, W, W, W, W, W, X, R, Y}},
    {"write 7 at 0", {ZoneCommand::write, 0, 7}, {"none0", "A:IO7", W, "IO7", W, "EO7", W, X, R, Y}},
    {"write 8 at 0", {ZoneCommand::write, 0, 8}, {"none0", "A:F8", W, "F8", W, "F8", W, X, R, Y}},
    {"write 9 at 0", {ZoneCommand::write, 0, 9}, {B, B, W, B, W, B, W, X, R, Y}},
    {"write 3 at 4", {ZoneCommand::write, 4, 3}, {"none0", W, "IO7", W, "EO7", W, "O:IO7", X, R, Y}},
    {"write 4 at 4", {ZoneCommand::write, 4, 4}, {"none0", W, "F8", W, "F8", W, "O:F8", X, R, Y}},
    {"write 5 at 4", {ZoneCommand::write, 4, 5}, {B, W, B, W, B, W, B, X, R, Y}},
    {"write 2^64-1 at 4", {ZoneCommand::write, 4, ~0ULL}, {B, W, B, W, B, W, B, X, R, Y}},
    {"write 1 at 2^64-1", {ZoneCommand::write, ~0ULL, 1}, {B, W, W, W, W, W, W, X, R, Y}},
    {"write 0 at 4", {ZoneCommand::write, 4, 0}, {"none0", W, "IO4", W, "EO4", W, "C4", X, R, Y}},
    {"append 2", {ZoneCommand::append, 0, 2}, {T, "A:IO2", "IO6", "IO2", "EO6", "EO2", "O:IO6", X, R, Y}},
    {"append 2, offset", {ZoneCommand::append, 7, 2}, {T, "A:IO2", "IO6", "IO2", "EO6", "EO2", "O:IO6", X, R, Y}},
    {"append 4", {ZoneCommand::append, 0, 4}, {T, "A:IO4", "F8", "IO4", "F8", "EO4", "O:F8", X, R, Y}},
    {"append 5", {ZoneCommand::append, 0, 5}, {T, "A:IO5", B, "IO5", B, "EO5", B, X, R, Y}},
    {"append 8", {ZoneCommand::append, 0, 8}, {T, "A:F8", B, "F8", B, "F8", B, X, R, Y}},
    {"append 9", {ZoneCommand::append, 0, 9}, {T, B, B, B, B, B, B, X, R, Y}},
    {"open", {ZoneCommand::open, 0, 0}, {T, "A:EO0", "EO4", "EO0", "EO4", "EO0", "O:EO4", T, T, T}},
    {"close", {ZoneCommand::close, 0, 0}, {T, T, "C4", "E0", "C4", "E0", "C4", T, T, T}},
    {"finish", {ZoneCommand::finish, 0, 0}, {T, "F8", "F8", "F8", "F8", "F8", "F8", "F8", T, T}},
    {"reset", {ZoneCommand::reset, 0, 0}, {T, "E0", "E0", "E0", "E0", "E0", "E0", "E0", T, T}},
};
// clang-format on

/// The other zones of the device and its limits; what then becomes of a command that takes resources: "" for it is done.
struct Situation {
  std::string name;
  ResourceUse others;
  ResourceLimits limits;
  std::string from_empty;
  std::string from_closed;  ///< the zone itself then counts as active
};
const std::vector<Situation> situations = {
    {"nothing used, no limits", {0, 0, 0}, {0, 0}, "", ""},
    {"much used, no limits", {50, 50, 50}, {0, 0}, "", ""},
    {"nothing used, one of each", {0, 0, 0}, {1, 1}, "", ""},
    {"one below both limits", {1, 1, 2}, {3, 5}, "", ""},
    {"at the open limit, one implicit", {1, 2, 0}, {3, 9}, "evict", "evict"},
    {"at the open limit, all implicit", {3, 0, 0}, {3, 9}, "evict", "evict"},
    {"at the open limit, all explicit", {0, 3, 0}, {3, 9}, "!open", "!open"},
    {"past the open limit, all explicit", {0, 4, 0}, {3, 9}, "!open", "!open"},
    {"open limit alone, one below", {0, 2, 40}, {3, 0}, "", ""},
    {"open limit alone, reached, implicit", {1, 2, 40}, {3, 0}, "evict", "evict"},
    {"open limit alone, reached, explicit", {0, 3, 40}, {3, 0}, "!open", "!open"},
    {"active limit reached by closed", {0, 0, 4}, {3, 4}, "!active", ""},
    {"active limit reached by open", {2, 2, 0}, {0, 4}, "!active", ""},
    {"active limit alone, one below", {1, 1, 1}, {0, 4}, "", ""},
    {"both limits reached, one implicit", {1, 2, 1}, {3, 4}, "!active", "evict"},
    {"both limits reached, explicit", {0, 3, 1}, {3, 4}, "!active", "!open"},
    {"one active left, open limit reached, implicit", {3, 0, 0}, {3, 4}, "evict", "evict"},
};

std::string expected_in(const Situation& situation, const std::string& cell) {
  const std::string takes = cell.substr(0, 2);
  if (takes != "A:" && takes != "O:") return cell;
  const std::string& effect = takes == "A:" ? situation.from_empty : situation.from_closed;
  if (effect.starts_with("!")) return effect;
  return cell.substr(2) + (effect.empty() ? "" : " " + effect);
}

ResourceUse with_itself(ResourceUse use, ZoneCondition condition) {
  if (condition == ZoneCondition::implicit_open) ++use.implicit_open;
  if (condition == ZoneCondition::explicit_open) ++use.explicit_open;
  if (condition == ZoneCondition::closed) ++use.closed;
  return use;
}

TEST(ZoneState, IsTheTable) {
  for (const Row& row : rows) {
    ASSERT_EQ(row.expected.size(), starts.size()) << row.name;
    for (std::size_t column = 0; column < starts.size(); ++column) {
      const ZoneState& state = starts[column].state;
      for (const Situation& situation : situations) {
        const auto outcome = transition(state, row.request, capacity_blocks,
                                        with_itself(situation.others, state.condition), situation.limits);
        EXPECT_EQ(render(outcome), expected_in(situation, row.expected[column]))
            << row.name << " to " << starts[column].name << "; " << situation.name;
      }
    }
  }
}

TEST(ZoneState, TableHasEveryConditionAndCommand) {
  std::map<ZoneCondition, int> conditions;
  for (const Start& start : starts) ++conditions[start.state.condition];
  EXPECT_EQ(conditions.size(), 8U);
  std::map<ZoneCommand, int> commands;
  for (const Row& row : rows) ++commands[row.request.command];
  EXPECT_EQ(commands.size(), 6U);
}

TEST(ZoneState, ErrnoAndWordsOfRefusals) {
  const std::vector<std::pair<ZoneRefusal, int>> expected = {{ZoneRefusal::boundary, EFBIG},
                                                             {ZoneRefusal::full, EFBIG},
                                                             {ZoneRefusal::read_only, EROFS},
                                                             {ZoneRefusal::offline, EIO},
                                                             {ZoneRefusal::invalid_write, EIO},
                                                             {ZoneRefusal::too_many_open, ETOOMANYREFS},
                                                             {ZoneRefusal::too_many_active, EOVERFLOW},
                                                             {ZoneRefusal::invalid_transition, EINVAL}};
  std::map<std::string_view, int> words;
  for (const auto& [refusal, code] : expected) {
    EXPECT_EQ(to_errno(refusal), code) << to_string(refusal);
    ++words[to_string(refusal)];
  }
  EXPECT_EQ(words.size(), expected.size()) << "two refusals read the same";
}

TEST(ZoneState, WordsOfConditions) {
  EXPECT_EQ(to_string(ZoneCondition::not_write_pointer), "not-write-pointer");
  EXPECT_EQ(to_string(ZoneCondition::empty), "empty");
  EXPECT_EQ(to_string(ZoneCondition::implicit_open), "implicit-open");
  EXPECT_EQ(to_string(ZoneCondition::explicit_open), "explicit-open");
  EXPECT_EQ(to_string(ZoneCondition::closed), "closed");
  EXPECT_EQ(to_string(ZoneCondition::full), "full");
  EXPECT_EQ(to_string(ZoneCondition::read_only), "read-only");
  EXPECT_EQ(to_string(ZoneCondition::offline), "offline");
  EXPECT_EQ(to_string(ZoneCommand::finish), "finish");
  EXPECT_EQ(to_string(ZoneType::sequential_preferred), "sequential-preferred");
  EXPECT_EQ(to_string(DeviceKind::nvme), "nvme");
}

/// A device that does nothing but what transition() says.
class TinyDevice {
 public:
  TinyDevice(std::size_t zones, ResourceLimits limits) : zones_(zones), limits_(limits) {}

  [[nodiscard]] ResourceUse use() const {
    ResourceUse use;
    for (const ZoneState& zone : zones_) use = with_itself(use, zone.condition);
    return use;
  }
  [[nodiscard]] ZoneState& zone(std::size_t index) { return zones_[index]; }

  void carry_out(std::size_t index, const ZoneRequest& request) {
    const auto outcome = transition(zones_[index], request, capacity_blocks, use(), limits_);
    const auto* done = std::get_if<ZoneTransition>(&outcome);
    if (!done) return;
    if (done->evicts_implicit_open) evict_other_than(index);
    zones_[index] = done->after;
  }

 private:
  void evict_other_than(std::size_t index) {
    for (std::size_t other = 0; other < zones_.size(); ++other) {
      if (other == index || zones_[other].condition != ZoneCondition::implicit_open) continue;
      zones_[other].condition = ZoneCondition::closed;
      return;
    }
    ADD_FAILURE() << "no zone to evict";
  }

  std::vector<ZoneState> zones_;
  ResourceLimits limits_;
};

TEST(ZoneState, NoSequenceOfCommandsExceedsTheLimits) {
  std::mt19937_64 random(test::test_seed());
  for (int round = 0; round < 200; ++round) {
    const auto max_open = static_cast<std::uint32_t>(1 + random() % 4);
    const ResourceLimits limits{max_open, static_cast<std::uint32_t>(max_open + random() % 3)};
    TinyDevice device(7, limits);
    for (int step = 0; step < 200; ++step) {
      const std::size_t index = random() % 7;
      const auto command = static_cast<ZoneCommand>(random() % 6);
      device.carry_out(index, {command, device.zone(index).write_pointer_blocks, 1 + random() % 4});
      const ResourceUse use = device.use();
      ASSERT_LE(use.implicit_open + use.explicit_open, limits.max_open_zones);
      ASSERT_LE(use.implicit_open + use.explicit_open + use.closed, limits.max_active_zones);
      const ZoneState& zone = device.zone(index);
      ASSERT_LE(zone.write_pointer_blocks, capacity_blocks);
      ASSERT_EQ(zone.condition == ZoneCondition::full, zone.write_pointer_blocks == capacity_blocks);
    }
  }
}

}  // namespace
}  // namespace zonecopy
