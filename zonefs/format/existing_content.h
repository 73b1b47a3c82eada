// Finds content on a device that a format would destroy.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "zonecopy/device.h"
#include "zonecopy/zone.h"

namespace zonecopy::zonefs {

/// The content that libblkid recognises on the device, in the words of mkzonefs ("an existing filesystem (zonefs)", "a
/// partition table (gpt)"); nothing if the device looks empty. `zones` are all zones of the device; both arguments must
/// outlive the await.
Task<Result<std::optional<std::string>>> find_existing_content(ZonedDevice& device, std::span<const Zone> zones);

}  // namespace zonecopy::zonefs
