// Finds content on a device that a format would destroy.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "zonecopy/device.h"
#include "zonecopy/zone.h"

namespace zonecopy::zonefs {

inline constexpr std::string_view zonefs_content = "an existing filesystem (zonefs)";

/// The content that libblkid recognises on the device, in the words of mkzonefs (zonefs_content, "a partition table
/// (gpt)"), or what a device of a row is known by; nothing if the device looks empty. `zones` are those zones of the
/// device that are looked at, from zone 0 on; both arguments must outlive the await.
Task<Result<std::optional<std::string>>> find_existing_content(ZonedDevice& device, std::span<const Zone> zones);

/// Whether the device is one of a row, by the record in its zone 0.
Task<Result<bool>> holds_member_record(ZonedDevice& device, Zone zone_0);

/// Takes that record out of a conventional zone 0, where it is: a device with a file system of its own is in no row.
Task<Status> forget_row(ZonedDevice& device, Zone zone_0);

}  // namespace zonecopy::zonefs
