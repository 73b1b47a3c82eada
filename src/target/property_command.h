// Property Get and Property Set (NVMe Base 2.0, 6.6 and 6.5): registers of a controller, and what writing them brings about.
#pragma once

#include "src/nvme/command.h"
#include "src/target/controller.h"
#include "src/target/subsystem.h"

namespace zonecopy::target {

[[nodiscard]] Outcome get_property(const nvme::Command& command, const Controller& controller);

/// Disabling a controller waits until its I/O queues have ended, and shutting it down until all namespaces are flushed.
Task<Outcome> set_property(nvme::Command command, Controller& controller, Subsystem& subsystem);

}  // namespace zonecopy::target
