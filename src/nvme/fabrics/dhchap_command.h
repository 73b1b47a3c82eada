// The commands that carry messages of in-band authentication (NVMe Base 2.0, 6.1 and 6.2). Pure.
#pragma once

#include <cstdint>

#include "src/nvme/command.h"

namespace zonecopy::nvme::fabrics::dhchap {

/// Authentication Send, of `size_bytes` of data.
[[nodiscard]] Command send_command(std::uint32_t size_bytes);
/// Authentication Receive, into room for `size_bytes`.
[[nodiscard]] Command receive_command(std::uint32_t size_bytes);

/// Whether a command of one of the two kinds is about this protocol.
[[nodiscard]] bool names_dhchap(const Command& command);

}  // namespace zonecopy::nvme::fabrics::dhchap
