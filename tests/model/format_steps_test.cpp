// mkfs over a store that fails, or is killed, at every step: afterwards there is a file system or there is none.
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <set>
#include <string>

#include "tests/support/core/mounted_file_system.h"
#include "tests/support/image/image_machine.h"
#include "tests/support/loop/loop_test.h"
#include "zonefs/format/format.h"

namespace zonecopy::test {
namespace {

class FormatSteps : public LoopTest {
 protected:
  Status format(Machine& machine, std::string label) {
    zonefs::FormatOptions options;
    options.force = true;
    options.label = std::move(label);
    options.uuid = std::array<std::uint8_t, 16>{1};
    const zonefs::Printer print = [](const std::string&) {};
    return run(zonefs::format(machine.device(), options, print));
  }
  /// The label of the file system that is mounted; "none" where there is none.
  std::string label_of(Machine& machine) {
    MountedFileSystem fs(loop(), machine.device());
    const Status mounted = fs.mount();
    if (!mounted) {
      EXPECT_EQ(mounted.error().code(), EINVAL) << mounted.error().to_string();
      return "none";
    }
    std::string label = fs->super_block().label;
    EXPECT_TRUE(fs.unmount().ok());
    return label;
  }
  /// Formatted, and written to.
  SparseFile used_image() {
    Machine machine(loop(), fresh_file());
    EXPECT_TRUE(format(machine, "old").ok());
    EXPECT_TRUE(machine.append(1, {11, 12}).ok());
    EXPECT_TRUE(machine.append(2, {21}).ok());
    return machine.store().file();
  }
};

TEST_F(FormatSteps, killed_between_any_two) {
  Machine machine(loop(), used_image());
  ASSERT_TRUE(format(machine, "new").ok());
  std::set<std::string> seen;
  for (std::size_t count = 0; count <= machine.store().changes().size(); ++count) {
    Machine killed(loop(), after_kill(machine.store(), count));
    const std::string label = label_of(killed);
    EXPECT_TRUE(label == "old" || label == "new") << "killed after change " << count << ": " << label;
    EXPECT_TRUE(label != "new" || killed.content(1).stamps.empty()) << "a new file system with old contents";
    seen.insert(label);
    ASSERT_TRUE(format(killed, "again").ok()) << "killed after change " << count;
    EXPECT_EQ(label_of(killed), "again");
  }
  EXPECT_EQ(seen, (std::set<std::string>{"old", "new"}));
}

TEST_F(FormatSteps, failing_at_any) {
  const SparseFile image = used_image();
  for (const int code : {ENOSPC, EIO}) {
    for (std::uint64_t failing = 0;; ++failing) {
      SCOPED_TRACE("errno " + std::to_string(code) + " at step " + std::to_string(failing));
      Machine machine(loop(), image);
      const std::uint64_t opened = machine.store().steps();
      bool failed = false;
      machine.store().fail([&failed, opened, failing, code](std::uint64_t number, MemoryStore::Step) {
        failed = failed || number == opened + failing;
        return number == opened + failing ? code : 0;
      });
      const Status formatted = format(machine, "new");
      if (!failed) {
        EXPECT_TRUE(formatted.ok());
        break;
      }
      machine.store().fail(nullptr);
      const std::string label = label_of(machine);
      EXPECT_TRUE(label == "new" || (label == "old" && !formatted)) << label;
      ASSERT_TRUE(format(machine, "again").ok());
      EXPECT_EQ(label_of(machine), "again");
    }
  }
}

}  // namespace
}  // namespace zonecopy::test
