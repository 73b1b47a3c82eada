// Is something on a device already that a format would destroy?
#pragma once

#include <optional>
#include <span>
#include <string>

#include "zonecopy/device.h"
#include "zonecopy/zone.h"

namespace zonecopy::zonefs {

/// What libblkid recognises on the device, in mkzonefs' words ("an existing filesystem (zonefs)", "a partition table
/// (gpt)"); nothing if the device looks empty. `zones` are all of the device.
Task<Result<std::optional<std::string>>> find_existing_content(ZonedDevice& device, std::span<const Zone> zones);

}  // namespace zonecopy::zonefs
