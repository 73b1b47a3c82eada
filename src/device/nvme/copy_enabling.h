// Enables Copy across namespaces at a controller (feature 16h, see src/nvme/host_behavior.h), and puts it back. Blocks.
#pragma once

#include <string>

#include "src/device/nvme/controller.h"

namespace zonecopy::nvme {

struct Enabling {
  bool changed = false;   ///< it was not enabled before
  std::string objection;  ///< why it is not enabled; empty where it is
};
/// Changes nothing where it is enabled already.
[[nodiscard]] Enabling enable_copy_across(const AdminQueue& controller);
/// Takes back what enable_copy_across() has changed. Where that cannot be done, or somebody else has, nothing happens.
void disable_copy_across(const AdminQueue& controller);

}  // namespace zonecopy::nvme
