// What stands in a file with keys: a line each, "NQN KEY" or a key alone. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "src/nvme/fabrics/key.h"

namespace zonecopy::nvme::fabrics {

struct KeyList {
  std::map<std::string, Key, std::less<>> by_nqn;
  std::optional<Key> for_others;  ///< the key that stands alone: that of every host that has no line of its own

  /// That of `nqn`, else the one that stands alone. Null where there is none.
  [[nodiscard]] const Key* key_of(std::string_view nqn) const;
  /// That of `nqn` alone.
  [[nodiscard]] const Key* own_key_of(std::string_view nqn) const;
};

/// Blank lines, and those that begin with "#", mean nothing. EINVAL with the number of the line: it is no key, a name has
/// two, or two stand alone; or there is no key at all. A key is never shown.
[[nodiscard]] Result<KeyList> parse_key_list(std::string_view text);

}  // namespace zonecopy::nvme::fabrics
