// The extended attributes of the root directory: counters and what the mount is. `zonecopy status` shows them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "file_system.h"

namespace zonecopy::zonefs {

inline constexpr std::string_view attribute_prefix = "user.zonecopy.";
/// Writing it (as root) is how a remount gives new options to a running mount.
inline constexpr std::string_view options_attribute = "user.zonecopy.options";

/// Full names and values, in the order in which a person wants to see them.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> status_attributes(const FileSystem& file_system);

}  // namespace zonecopy::zonefs
