// What a run finds of an earlier one: every state of plan and map.
#include "tools/compact/compaction.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

namespace zonecopy::compact {
namespace {

/// A round of a dead zone, and two that move something.
PlanFile example() {
  PlanFile file;
  file.plan.rounds.push_back({{{3, 65536, 0, 1}}, {}});
  file.plan.rounds.push_back({{{4, 65536, 4096, 2}}, {{9, 0, false, {{4, 4096, 4096, 0, 7}}}}});
  file.plan.rounds.push_back({{{5, 65536, 4096, 3}}, {{9, 4096, false, {{5, 0, 4096, 4096, 8}}}}});
  return file;
}

class Remains : public testing::Test {
 protected:
  Remains() {
    std::string name = testing::TempDir() + "compact_XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~Remains() override { std::filesystem::remove_all(folder_); }

  /// "fresh", "after 2 rounds", or the error.
  std::string found(const std::optional<std::string>& plan, const std::optional<std::string>& map) {
    const std::string map_path = folder_ + "/map";
    write(plan_name(map_path), plan);
    write(map_path, map);
    const Result<compact::Remains> remains = find_remains(map_path);
    if (!remains) return remains.error().detail();
    return remains->plan ? "after " + std::to_string(remains->rounds_in_map) + " rounds" : "fresh";
  }

 private:
  static void write(const std::string& path, const std::optional<std::string>& text) {
    std::filesystem::remove(path);
    if (!text) return;
    std::ofstream(path) << *text;
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }

  std::string folder_;
};

TEST_F(Remains, every_state_of_plan_and_map) {
  const std::optional<std::string> none;
  const PlanFile file = example();
  const std::string plan = to_text(file);
  const std::string exists =
      "it exists, and no plan beside it says that it is unfinished; move it away or give another --map";
  const std::string foreign = "it is not the map of the plan beside it";
  const std::string damaged = "this is no plan of zonecopy compact, or it is damaged";

  EXPECT_EQ(found(none, none), "fresh");
  EXPECT_EQ(found(none, map_text(file.plan, 3)), exists) << "finished";
  EXPECT_EQ(found(none, ""), exists);
  EXPECT_EQ(found(none, "something else"), exists);

  EXPECT_EQ(found(plan, none), "after 0 rounds") << "killed in the first round";
  EXPECT_EQ(found(plan, ""), "after 1 rounds") << "of a round that moved nothing";
  EXPECT_EQ(found(plan, map_text(file.plan, 2)), "after 2 rounds");
  EXPECT_EQ(found(plan, map_text(file.plan, 3)), "after 3 rounds") << "killed before the plan was removed";
  EXPECT_EQ(found(plan, "something else"), foreign);
  EXPECT_EQ(found(plan, map_text(file.plan, 2) + "more"), foreign);

  for (const std::optional<std::string>& map : {none, std::optional(map_text(file.plan, 2))}) {
    EXPECT_EQ(found("", map), damaged);
    EXPECT_EQ(found(plan.substr(0, plan.size() / 2), map), damaged);
  }
}

}  // namespace
}  // namespace zonecopy::compact
