// The two forms of `zonecopy report`.
#pragma once

#include "zonecopy/open_device.h"

namespace zonecopy::tools {

/// For people: what the device is, then one zone a line; in bytes, as file sizes are.
void print_report(const Inspection& device, bool colours);
/// For programs; in bytes, as file sizes are.
void print_report_json(const Inspection& device);

/// Whether the zone's write pointer means anything.
[[nodiscard]] bool has_write_pointer(const Zone& zone);

}  // namespace zonecopy::tools
