// The status of a mount: one table of typed values. The extended attributes of the root, the text and JSON of `zonecopy
// status`, and the rows of zonecopyfs(8) (tests/lint/status_in_man) are made from it.
//
// The attributes are read by name and never listed, so that programs that copy a tree with its attributes do not copy
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "zonefs/core/file_system.h"

namespace zonecopy::zonefs {

inline constexpr std::string_view attribute_prefix = "user.zonecopy.";
/// The options in force.
inline constexpr std::string_view options_attribute = "user.zonecopy.options";
/// 1 or 0.
inline constexpr std::string_view read_only_attribute = "user.zonecopy.read_only";
/// A remount writes this attribute to give new options to a running mount. It cannot be read. The kernel lets only
/// the administrator write attributes called trusted.*, so that copying files of another user cannot set it.
inline constexpr std::string_view remount_attribute = "trusted.zonecopy.remount";

/// The type of a value, which determines how it is written as an attribute, for a person and in JSON.
enum class StatusType : std::uint8_t {
  text,
  time,  ///< a text, "2026-11-27T06:26:03Z"; empty for none
  count,
  bytes,
  limit,        ///< a count; 0 means no limit
  boolean,      ///< 0 or 1
  copy_limits,  ///< "ranges R, range bytes B, total bytes T"
  bytes_from,   ///< "NAME: offloaded N, kernel N, emulated N", for each device, with "; " between them
};

struct CopyLimitsInBytes {
  std::uint64_t ranges = 0;
  std::uint64_t range_bytes = 0;
  std::uint64_t total_bytes = 0;
  friend bool operator==(const CopyLimitsInBytes&, const CopyLimitsInBytes&) = default;
};

/// A text or time; a count, bytes or limit; a boolean; the copy limits; bytes by device.
using StatusValue = std::variant<std::string, std::uint64_t, bool, CopyLimitsInBytes, std::vector<BytesFrom>>;

struct StatusRecord {
  std::string_view name;  ///< the attribute's name without the prefix, and the key in JSON
  StatusType type = StatusType::text;
  std::string_view unit;     ///< empty where there is none
  std::string_view meaning;  ///< sentences for the manual page
  StatusValue (*value)(const FileSystem& file_system) = nullptr;
};

/// All records, in the order for a person. The daemon answers from this table, and the tools read from it which
/// attributes there are.
[[nodiscard]] std::span<const StatusRecord> status_records();

/// The text of an attribute with this value.
[[nodiscard]] std::string to_text(const StatusValue& value);
/// The value of such a text; nothing if it is no text of this type, as a daemon of another version may send.
[[nodiscard]] std::optional<StatusValue> from_text(StatusType type, std::string_view text);

/// The text of the attribute called `full_name`, prefix included; nothing if there is none.
[[nodiscard]] std::optional<std::string> status_text(const FileSystem& file_system, std::string_view full_name);

}  // namespace zonecopy::zonefs
