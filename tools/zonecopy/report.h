// The two forms of `zonecopy report`.
#pragma once

#include "zonecopy/open_device.h"

namespace zonecopy::tools {

/// Prints for people: the device, then one line for each zone. Sizes are bytes.
void print_report(const Inspection& device, bool colours);
/// Prints JSON. Sizes are bytes.
void print_report_json(const std::vector<Inspection>& devices);

/// Whether the zone's write pointer is valid.
[[nodiscard]] bool has_write_pointer(const Zone& zone);

}  // namespace zonecopy::tools
