// What a mount of zonecopyfs tells about itself: the extended attributes user.zonecopy.* of its root.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "zonecopy/result.h"
#include "zonefs/core/status.h"

namespace zonecopy::tools {

struct Attribute {
  const zonefs::StatusRecord& record;
  /// Nothing where the mount has another idea of its type: its daemon is of another version.
  std::optional<zonefs::StatusValue> value;
};
using Attributes = std::vector<Attribute>;

/// All that the root of a mount has, in the order of status_records(); none for a file that is no such root.
Result<Attributes> read_attributes(const std::string& path);

}  // namespace zonecopy::tools
