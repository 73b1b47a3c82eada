// The extended attributes of the root directory: counters and what the mount is. `zonecopy status` shows them.
//
// They are read by name and never listed, so that who copies a tree with its attributes does not copy them along.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "zonefs/core/file_system.h"

namespace zonecopy::zonefs {

inline constexpr std::string_view attribute_prefix = "user.zonecopy.";
/// The options in force.
inline constexpr std::string_view options_attribute = "user.zonecopy.options";
/// Writing it is how a remount gives new options to a running mount. It cannot be read, and the kernel lets only the
/// system's administrator write in this name space: what is copied from another user's files cannot have such a name.
inline constexpr std::string_view remount_attribute = "trusted.zonecopy.remount";

/// What the text of a value means.
enum class AttributeKind : std::uint8_t {
  text,
  number,
  bytes,
  limit,        ///< a number; 0 means that there is none
  boolean,      ///< 0 or 1
  copy_limits,  ///< "ranges R, range bytes B, total bytes T"
};

struct StatusAttribute {
  std::string_view name;  ///< behind the prefix
  AttributeKind kind = AttributeKind::text;
  std::string (*value)(const FileSystem& file_system) = nullptr;
};

/// All there are, in the order in which a person wants to see them. The daemon answers from this table, and the tools
/// know from it what to ask for.
[[nodiscard]] std::span<const StatusAttribute> status_attributes();

/// The value of the attribute whose full name this is; nothing if there is none.
[[nodiscard]] std::optional<std::string> status_value(const FileSystem& file_system, std::string_view full_name);

}  // namespace zonecopy::zonefs
