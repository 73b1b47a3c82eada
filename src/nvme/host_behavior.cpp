#include "src/nvme/host_behavior.h"

#include "src/base/endian.h"

namespace zonecopy::nvme {
namespace {

constexpr std::size_t offset_cdfe = 4;

}  // namespace

bool copy_format_enabled(std::span<const std::byte> host_behavior, CopyFormat format) {
  return has_format(little_endian<std::uint16_t>(host_behavior, offset_cdfe), format);
}

void enable_copy_format(std::span<std::byte> host_behavior, CopyFormat format, bool enabled) {
  const auto bit = 1U << static_cast<unsigned>(format);
  const unsigned cdfe = little_endian<std::uint16_t>(host_behavior, offset_cdfe);
  put_little_endian(host_behavior, offset_cdfe, static_cast<std::uint16_t>(enabled ? cdfe | bit : cdfe & ~bit));
}

}  // namespace zonecopy::nvme
