// What can be said of an I/O command before its data is there, and without looking at any zone. Pure.
#pragma once

#include "src/target/namespace.h"

namespace zonecopy::target {

/// The data that `command` implies in a namespace with these facts, or the status that refuses it.
[[nodiscard]] Transfer check_command(const NamespaceFacts& facts, const nvme::Command& command);

}  // namespace zonecopy::target
