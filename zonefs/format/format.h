// Formats a zoned device with an empty zonefs file system, for mkfs.zonecopyfs and `zonecopy format`.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "zonecopy/device.h"
#include "zonecopy/open_device.h"
#include "zonefs/format/format_options.h"

namespace zonecopy::zonefs {

/// Takes one line of text about what is being done, without its end.
using Printer = std::function<void(const std::string& line)>;

/// Formats the device or image at `path`. Nothing is changed where it is mounted or in use (EBUSY), has content (unless
/// options.force) or has no usable zones. Opens the device and runs an event loop, so it must not be called from a
/// coroutine.
Status format_device(const std::string& path, FormatOptions options, const Printer& print);

/// Formats several devices or images as one (zonecopy::concatenate()): a super block in zone 0 of the first, and in zone 0
/// of each a record of its place. As format_device() else; each device is looked at before anything is changed.
Status format_row(const std::vector<std::string>& paths, FormatOptions options, const Printer& print);

/// Formats a device that is open. `options.uuid` must be set. Resets all sequential zones, writes the super block,
/// finishes zone 0 if it is sequential, and flushes. `device` and `print` must outlive the await. Returns the device's
/// error.
Task<Status> format(ZonedDevice& device, FormatOptions options, const Printer& print);

/// The message for an error of these functions: that of mkzonefs where it has one.
[[nodiscard]] std::string format_error_text(const Error& error);

}  // namespace zonecopy::zonefs
