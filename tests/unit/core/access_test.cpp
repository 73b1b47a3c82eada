// Who may read: the classes of users, by the rules of the kernel.
#include "zonefs/core/access.h"

#include <gtest/gtest.h>

namespace zonecopy::zonefs {
namespace {

constexpr uid_t owner = 10;
constexpr gid_t group = 20;

FileUser user(uid_t uid, gid_t gid, std::optional<std::vector<gid_t>> groups) {
  return FileUser{uid, gid, std::move(groups), false};
}

TEST(Access, IsDecidedByOneClass) {
  const struct {
    const char* who;
    FileUser user;
    std::uint32_t mode;
    bool reads;
  } cases[] = {
      {"owner", user(owner, 1, {{}}), 0400, true},
      {"owner", user(owner, 1, {{}}), 0044, false},
      {"owner who is in the group", user(owner, group, {{}}), 0040, false},
      {"owner whose groups are not known", user(owner, 1, {}), 0400, true},
      {"group", user(1, group, {{}}), 0040, true},
      {"group", user(1, group, {{}}), 0404, false},
      {"group of others", user(1, 2, {{3, group, 30}}), 0040, true},
      {"group of others", user(1, 2, {{3, group, 30}}), 0404, false},
      {"stranger", user(1, 2, {{3, 19, 21}}), 0004, true},
      {"stranger", user(1, 2, {{3, 19, 21}}), 0440, false},
      {"somebody whose groups are not known", user(1, 2, {}), 0004, false},
      {"somebody whose groups are not known", user(1, 2, {}), 0040, false},
      {"somebody whose groups are not known", user(1, 2, {}), 0044, true},
      {"root without capabilities", user(0, 0, {{}}), 0440, false},
      {"who reads everything", FileUser{1, 2, {{}}, true}, 0000, true},
  };
  for (const auto& [who, user, mode, reads] : cases) {
    Attributes attributes;
    attributes.uid = owner;
    attributes.gid = group;
    attributes.mode = 0100000 | mode;
    EXPECT_EQ(permits(attributes, user, Wanted::read), reads) << who << ' ' << std::oct << mode;
    attributes.mode = 0040000 | mode >> 2;  // r becomes x
    EXPECT_EQ(permits(attributes, user, Wanted::search), reads) << "search, " << who << ' ' << std::oct << mode;
  }
}

}  // namespace
}  // namespace zonecopy::zonefs
