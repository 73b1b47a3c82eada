// The command lines of mount(8)'s and umount(8)'s helpers.
#include "zonefs/options/mount_command.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace zonecopy::zonefs {
namespace {

using Words = std::vector<const char*>;

TEST(MountCommandLine, InTheFormsOfMount) {
  const Result<MountCommand> command =
      parse_mount_command(Words{"/dev/x", "/mnt", "-sfnv", "-t", "fuse.zonecopyfs", "-o", "rw,errors=repair", "-oro"});
  ASSERT_TRUE(command);
  EXPECT_EQ(command->source, "/dev/x");
  EXPECT_EQ(command->directory, "/mnt");
  EXPECT_TRUE(command->fake && command->verbose);
  EXPECT_FALSE(command->remount());
  EXPECT_EQ(join_options(command->options), "rw,errors=repair,ro");
}

TEST(MountCommandLine, WhatIsRefused) {
  const auto refusal = [](const Words& words) {
    const Result<MountCommand> command = parse_mount_command(words);
    return command ? std::string("accepted") : command.error().detail();
  };
  EXPECT_EQ(refusal({"/dev/x"}), "a source and a directory are needed, not 1 operands");
  EXPECT_EQ(refusal({"/dev/x", "/mnt", "more"}), "a source and a directory are needed, not 3 operands");
  EXPECT_EQ(refusal({"/dev/x", "/mnt", "-o"}), "option '-o' needs a value");
  EXPECT_EQ(refusal({"/dev/x", "/mnt", "-q"}), "unknown option '-q'");
  EXPECT_EQ(refusal({"/dev/x", "/mnt", "-nq"}), "unknown option '-q' in '-nq'");
  EXPECT_EQ(refusal({"/dev/x", "/mnt", "--fake"}), "unknown option '--fake'");
  EXPECT_EQ(refusal({"--help", "-q"}), "accepted");
  EXPECT_EQ(refusal({"/dev/x", "/mnt", "-o", "--help"}), "accepted") << "a value, whatever it looks like";
}

TEST(MountCommandLine, OptionsComeLastWhateverTheEnvironmentSays) {
  ASSERT_EQ(setenv("POSIXLY_CORRECT", "1", 1), 0);
  const Result<MountCommand> command = parse_mount_command(Words{"/dev/x", "/mnt", "-f"});
  unsetenv("POSIXLY_CORRECT");
  ASSERT_TRUE(command) << command.error().detail();
  EXPECT_TRUE(command->fake);
}

TEST(MountCommandLine, InTheFormsOfUnmount) {
  const Result<UnmountCommand> command =
      parse_unmount_command(Words{"/mnt", "-fl", "-n", "-r", "-v", "-N", "12", "-tx"});
  ASSERT_TRUE(command);
  EXPECT_EQ(command->directory, "/mnt");
  EXPECT_EQ(command->mount_namespace, "12");
  EXPECT_TRUE(command->force && command->lazy && command->read_only_if_busy && command->verbose);
  EXPECT_FALSE(parse_unmount_command(Words{}));
  EXPECT_FALSE(parse_unmount_command(Words{"/mnt", "-o", "x"}));
}

TEST(MountOptionList, IsSplitAtCommasOutsideQuotes) {
  const std::vector<std::string> items = split_options("a,,context=\"u:c1,c2\",b=");
  EXPECT_EQ(items, (std::vector<std::string>{"a", "context=\"u:c1,c2\"", "b="}));
  EXPECT_TRUE(split_options("").empty());
}

}  // namespace
}  // namespace zonecopy::zonefs
