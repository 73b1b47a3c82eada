// What is read and written at a controller to enable Copy across namespaces, and to put that back.
#include "src/device/nvme/copy_enabling.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/device/nvme/fake_controller.h"

namespace zonecopy::nvme {
namespace {

TEST(CopyEnabling, ChangesOneBitAndPutsItBack) {
  FakeController controller;
  controller.host_behavior.fill(std::byte{0xa1});  // whatever others have set
  const auto before = controller.host_behavior;
  const Enabling done = enable_copy_across(controller.queue());
  EXPECT_TRUE(done.changed);
  EXPECT_EQ(done.objection, "");
  auto expected = before;
  expected[4] = std::byte{0xa5};
  EXPECT_EQ(controller.host_behavior, expected);
  EXPECT_EQ(controller.taken(), "gsg") << "read, written, and read again";

  controller.host_behavior[0] = std::byte{0x77};  // changed by somebody else meanwhile
  disable_copy_across(controller.queue());
  expected = before;
  expected[0] = std::byte{0x77};
  EXPECT_EQ(controller.host_behavior, expected);
  EXPECT_EQ(controller.taken(), "gs");
}

TEST(CopyEnabling, WritesNothingWhereItIsEnabled) {
  FakeController controller;
  controller.set_enabled(true);
  const Enabling done = enable_copy_across(controller.queue());
  EXPECT_FALSE(done.changed);
  EXPECT_EQ(done.objection, "");
  EXPECT_EQ(controller.taken(), "g");
}

TEST(CopyEnabling, PutsNothingBackThatIsNotSetAnyMore) {
  FakeController controller;
  disable_copy_across(controller.queue());
  EXPECT_EQ(controller.taken(), "g");
  controller.get_result = -ENODEV;  // pulled
  disable_copy_across(controller.queue());
  EXPECT_EQ(controller.taken(), "G");
}

TEST(CopyEnabling, SaysExactlyWhyNot) {
  struct Row {
    std::int32_t get_result;
    std::int32_t set_result;
    bool keeps;
    std::string objection;
    bool changed;
  };
  const std::string kernel = "the kernel does not let programs enable Copy across namespaces ";
  const std::string silent = "the controller does not tell what is enabled ";
  const Row rows[] = {
      {0, -EACCES, true, kernel + "(Set Features 16h: Permission denied)", false},
      {0, -EPERM, true, kernel + "(Set Features 16h: Operation not permitted)", false},
      {0, 0x4002, true,
       "the controller refuses to enable Copy across namespaces "
       "(Set Features 16h: Input/output error (NVMe status 0x2): Invalid Field in Command)",
       false},
      {-EACCES, 0, true, silent + "(Get Features 16h: Permission denied)", false},
      {-ENOENT, 0, true, silent + "(Get Features 16h: Input/output error: the kernel says: No such file or directory)",
       false},
      {0, 0, false, "the controller does not keep that Copy across namespaces is enabled (Set Features 16h)", true},
  };
  for (const Row& row : rows) {
    FakeController controller;
    controller.get_result = row.get_result;
    controller.set_result = row.set_result;
    controller.keeps = row.keeps;
    const Enabling done = enable_copy_across(controller.queue());
    EXPECT_EQ(done.objection, row.objection);
    EXPECT_EQ(done.changed, row.changed) << row.objection;
    EXPECT_FALSE(controller.enabled());
  }
}

}  // namespace
}  // namespace zonecopy::nvme
