// Reads the status of a zonecopyfs mount: the extended attributes user.zonecopy.* of its root.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "zonecopy/result.h"
#include "zonecopy/zone.h"
#include "zonefs/core/status.h"

namespace zonecopy::tools {

struct Attribute {
  const zonefs::StatusRecord& record;
  /// Nothing if the text has not the record's type, as from a daemon of another version.
  std::optional<zonefs::StatusValue> value;
};
using Attributes = std::vector<Attribute>;

/// All attributes that the root of a mount has, in the order of status_records(); none for a file that is no such root.
Result<Attributes> read_attributes(const std::string& path);

/// How many zone files of the mount with this root may be open for writing, and active; nothing where it tells neither.
std::optional<ResourceLimits> read_resource_limits(const std::string& path);

}  // namespace zonecopy::tools
