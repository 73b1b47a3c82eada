// What is checked of a device before it is formatted. Nothing here changes it.
#pragma once

#include <string>
#include <vector>

#include "zonecopy/device.h"

namespace zonecopy::zonefs {

/// A refusal whose text says it all.
[[nodiscard]] Error refusal(int code, std::string text);

/// All zones. EIO where not all are reported.
Task<Result<std::vector<Zone>>> report_all_zones(ZonedDevice& device);

/// Whether no command changes the zone any more.
[[nodiscard]] bool dead(const Zone& zone);

/// EIO where no file system can be made of these zones.
[[nodiscard]] Status check_usable(const DeviceInfo& info, const std::vector<Zone>& zones);

/// EEXIST where the device, whose zones these are, appears to hold something.
Task<Status> refuse_existing_content(ZonedDevice& device, const std::vector<Zone>& zones);

}  // namespace zonecopy::zonefs
