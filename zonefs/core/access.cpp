#include "zonefs/core/access.h"

#include <algorithm>

namespace zonecopy::zonefs {

bool permits(const Attributes& attributes, const FileUser& user, Wanted wanted) {
  if (user.reads_everything) return true;
  const auto bits = static_cast<std::uint32_t>(wanted);
  const bool for_owner = (attributes.mode >> 6 & bits) != 0;
  const bool for_group = (attributes.mode >> 3 & bits) != 0;
  const bool for_others = (attributes.mode & bits) != 0;
  // One class counts, even where another would allow more.
  if (attributes.uid == user.user) return for_owner;
  if (attributes.gid == user.group) return for_group;
  if (!user.groups) return for_group && for_others;
  return std::ranges::binary_search(*user.groups, attributes.gid) ? for_group : for_others;
}

}  // namespace zonecopy::zonefs
