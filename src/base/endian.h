// Integers in what a drive sends: the lowest byte first, whatever the host does. Pure.
#pragma once

#include <cstddef>
#include <span>

namespace zonecopy::nvme {

/// What lies beyond the end of `bytes` reads as zeros, which the standard lets mean "not reported" nearly everywhere.
template <typename Integer>
[[nodiscard]] Integer little_endian(std::span<const std::byte> bytes, std::size_t offset) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof value && offset + i < bytes.size(); ++i) {
    value = static_cast<Integer>(value | static_cast<Integer>(bytes[offset + i]) << (8 * i));
  }
  return value;
}

}  // namespace zonecopy::nvme
