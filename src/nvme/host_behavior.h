// Feature 16h, Host Behavior Support (NVMe Base 2.0, 5.27.1.18): what a host tells a controller that it can deal with.
// It is data of 512 bytes, whose field CDFE enables the descriptor formats 2 and above of Copy. Pure.
//
// Linux writes the whole of it at every start and reset of a controller, and knows of no CDFE. So formats that were
// enabled are not after a reset; and who enables one must keep what Linux has set (LBAFEE decides on the formats that
// Identify shows).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "src/nvme/copy_format.h"

namespace zonecopy::nvme {

inline constexpr std::uint8_t feature_host_behavior = 0x16;
inline constexpr std::size_t host_behavior_size_bytes = 512;

[[nodiscard]] bool copy_format_enabled(std::span<const std::byte> host_behavior, CopyFormat format);
/// Changes the one bit of the format. All other bits stay as they are. `host_behavior` has its full size.
void enable_copy_format(std::span<std::byte> host_behavior, CopyFormat format, bool enabled);

}  // namespace zonecopy::nvme
