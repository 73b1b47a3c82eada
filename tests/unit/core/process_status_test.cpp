// The lines of /proc/PID/status, and the credentials among them.
#include "zonefs/core/process_status.h"

#include <gtest/gtest.h>

namespace zonecopy::zonefs {
namespace {

constexpr std::string_view status =
    "Name:\tcp\nTgid:\t40\nUid:\t1000\t1001\t1002\t1003\nGid:\t100\t101\t102\t103\nGroups:\t27 5 1000 \n"
    "CapEff:\t000001ffffffffff\n";

TEST(Credentials, are_those_that_count_for_files) {
  const std::optional<Credentials> credentials = parse_credentials(status);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->user, 1003U);
  EXPECT_EQ(credentials->group, 103U);
  EXPECT_EQ(credentials->groups, (std::vector<gid_t>{5, 27, 1000}));
  EXPECT_EQ(credentials->capabilities, 0x1ffffffffffU);
}

TEST(Credentials, are_none_where_a_line_is_missing) {
  EXPECT_FALSE(parse_credentials(""));
  for (const std::string_view name : {"Uid:", "Gid:", "CapEff:"}) {
    std::string text(status);
    text.replace(text.find(name), 2, "xx");
    EXPECT_FALSE(parse_credentials(text)) << name;
  }
  EXPECT_FALSE(parse_credentials("Uid:\t1\t2\t3\nGid:\t1\t2\t3\t4\nCapEff:\t0\n")) << "three users";
}

TEST(StatusLine, is_found_by_its_whole_name) {
  EXPECT_EQ(status_line(status, "Tgid"), "\t40");
  EXPECT_EQ(status_line(status, "Name"), "\tcp");
  EXPECT_EQ(status_line(status, "gid"), "");
  EXPECT_EQ(status_line("", "Name"), "");
}

}  // namespace
}  // namespace zonecopy::zonefs
