// The digests of NVMe/TCP (transport specification 1.0, 3.3.1.1): CRC-32C of a PDU's header and of its data. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace zonecopy::nvme::fabrics {

inline constexpr std::size_t digest_bytes = 4;

/// CRC-32C of data that comes in parts.
class Digest {
 public:
  void add(std::span<const std::byte> data);
  /// Of all that was added; more may be added afterwards. On the wire it is little-endian.
  [[nodiscard]] std::uint32_t value() const { return ~state_; }

 private:
  std::uint32_t state_ = ~std::uint32_t{0};
};

[[nodiscard]] std::uint32_t digest_of(std::span<const std::byte> data);

}  // namespace zonecopy::nvme::fabrics
