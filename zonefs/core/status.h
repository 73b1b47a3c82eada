// What a mount tells about itself: one table of typed values, from which come the extended attributes of the root, the text
// and JSON of `zonecopy status`, and the rows of zonecopyfs(8) (tests/lint/status_in_man).
//
// Attributes are read by name and never listed, so that who copies a tree with its attributes does not copy them along.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "zonefs/core/file_system.h"

namespace zonecopy::zonefs {

inline constexpr std::string_view attribute_prefix = "user.zonecopy.";
/// The options in force.
inline constexpr std::string_view options_attribute = "user.zonecopy.options";
/// Writing it is how a remount gives new options to a running mount. It cannot be read, and the kernel lets only the
/// system's administrator write in this name space: what is copied from another user's files cannot have such a name.
inline constexpr std::string_view remount_attribute = "trusted.zonecopy.remount";

/// What a value is, and so how it is written: in an attribute, for a person, in JSON.
enum class StatusType : std::uint8_t {
  text,
  time,  ///< as text, "2026-11-27T06:26:03Z"; empty for none
  count,
  bytes,
  limit,        ///< a count; 0 means that there is none
  boolean,      ///< 0 or 1
  copy_limits,  ///< "ranges R, range bytes B, total bytes T"
};

struct CopyLimitsInBytes {
  std::uint64_t ranges = 0;
  std::uint64_t range_bytes = 0;
  std::uint64_t total_bytes = 0;
  friend bool operator==(const CopyLimitsInBytes&, const CopyLimitsInBytes&) = default;
};

/// A text or time, a number of any of the three types, a boolean, and the limits.
using StatusValue = std::variant<std::string, std::uint64_t, bool, CopyLimitsInBytes>;

struct StatusRecord {
  std::string_view name;  ///< behind the prefix, and the key in JSON
  StatusType type = StatusType::text;
  std::string_view unit;     ///< empty where there is none
  std::string_view meaning;  ///< sentences, as the manual has them
  StatusValue (*value)(const FileSystem& file_system) = nullptr;
};

/// All there are, in the order in which a person wants to see them. The daemon answers from this table, and the tools
/// know from it what to ask for.
[[nodiscard]] std::span<const StatusRecord> status_records();

/// The text of an attribute.
[[nodiscard]] std::string to_text(const StatusValue& value);
/// What was meant by it; nothing if it is no text of this type (of a daemon of another version, for one).
[[nodiscard]] std::optional<StatusValue> from_text(StatusType type, std::string_view text);

/// The text of the attribute whose full name this is; nothing if there is none.
[[nodiscard]] std::optional<std::string> status_text(const FileSystem& file_system, std::string_view full_name);

}  // namespace zonecopy::zonefs
