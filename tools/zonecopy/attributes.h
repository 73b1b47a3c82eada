// What a mount of zonecopyfs tells about itself: the extended attributes user.zonecopy.* of its root.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zonecopy/result.h"
#include "zonefs/core/status.h"

namespace zonecopy::tools {

struct Attribute {
  std::string_view name;  ///< without the common prefix
  zonefs::AttributeKind kind = zonefs::AttributeKind::text;
  std::string value;
};
using Attributes = std::vector<Attribute>;

/// All that the root of a mount has, in the order of status_attributes(); none for a file that is no such root.
Result<Attributes> read_attributes(const std::string& path);

/// `text` if it is a decimal number and nothing else.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace zonecopy::tools
