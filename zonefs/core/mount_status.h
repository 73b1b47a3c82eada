// The status of a mount of several devices as a whole: the extended attributes of its root. What each device has to tell
// are the attributes of its folder (status.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "zonefs/core/mount.h"
#include "zonefs/core/status.h"

namespace zonecopy::zonefs {

/// The names of the folders, in order, with colons between them. Only a mount of several devices has it.
inline constexpr std::string_view devices_attribute = "user.zonecopy.devices";

/// The text of the attribute called `full_name`: the names of the devices, the options, and whether the whole is
/// read-only; nothing if it is another.
[[nodiscard]] std::optional<std::string> mount_status_text(const Mount& mount, std::string_view full_name);

}  // namespace zonecopy::zonefs
