// The descriptor formats of a Copy's source ranges that this program sends. Pure.
#pragma once

#include <cstdint>

namespace zonecopy::nvme {

/// Formats 1 and 3 are these with protection information of other sizes, which this program does not handle.
enum class CopyFormat : std::uint8_t {
  within = 0,  ///< ranges of the namespace that the command is sent to
  across = 2,  ///< ranges that name their namespace, which is another of the controller (TP 4130)
};

/// Whether `format` is in a field with one bit a format: OCFS (supported), CDFE (enabled).
[[nodiscard]] constexpr bool has_format(std::uint16_t formats, CopyFormat format) {
  return (formats >> static_cast<unsigned>(format) & 1U) != 0;
}

}  // namespace zonecopy::nvme
