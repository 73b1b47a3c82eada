// Puts an empty zonefs file system onto a zoned device: what mkfs.zonecopyfs and `zonecopy format` do.
#pragma once

#include <functional>
#include <string>

#include "zonecopy/device.h"
#include "zonecopy/open_device.h"
#include "zonefs/format/format_options.h"

namespace zonecopy::zonefs {

/// Takes one line of text about what is being done, without its end.
using Printer = std::function<void(const std::string& line)>;

/// Formats the device or image at `path`. Before anything is changed it is refused where it is mounted, in use, has
/// something on it (unless options.force) or has no usable zones.
Status format_device(const std::string& path, FormatOptions options, const Printer& print);

/// The same for a device that is open; `options.uuid` is set. Resets all sequential zones, writes the super block,
/// finishes zone 0 if that is sequential, and flushes.
Task<Status> format(ZonedDevice& device, FormatOptions options, const Printer& print);

/// What a user is to read about an error of these functions: mkzonefs' words where it has some.
[[nodiscard]] std::string format_error_text(const Error& error);

}  // namespace zonecopy::zonefs
