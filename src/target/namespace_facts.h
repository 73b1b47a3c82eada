// What a namespace tells of itself: the device below, and what the operator chose. Pure.
#pragma once

#include "src/target/namespace.h"

namespace zonecopy::target {

/// EINVAL where the options cannot be had, or the device can be no zoned namespace; the detail says what to do.
[[nodiscard]] Result<NamespaceFacts> describe_namespace(const DeviceInfo& info, const NamespaceOptions& options);

}  // namespace zonecopy::target
