// Integers as bytes, the lowest first, whatever the host does: NVMe, the super block of zonefs and images agree in that.
// Pure.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <span>

namespace zonecopy {

/// What lies beyond the end of `bytes` reads as zeros, which NVMe lets mean "not reported" nearly everywhere.
template <std::unsigned_integral Integer>
[[nodiscard]] constexpr Integer little_endian(std::span<const std::byte> bytes, std::size_t offset) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof value && offset + i < bytes.size(); ++i) {
    value = static_cast<Integer>(value | static_cast<Integer>(bytes[offset + i]) << (8 * i));
  }
  return value;
}

/// `bytes` has room for it.
template <std::unsigned_integral Integer>
constexpr void put_little_endian(std::span<std::byte> bytes, std::size_t offset, Integer value) {
  for (std::size_t i = 0; i < sizeof value; ++i) bytes[offset + i] = static_cast<std::byte>(value >> (8 * i));
}

/// The integer that lies in memory as `value` does with its lowest byte first; the same takes it back. For structures
/// and tables that go to a drive or a file as they lie.
template <std::unsigned_integral Integer>
[[nodiscard]] constexpr Integer swapped_on_big_endian(Integer value) {
  std::array<std::byte, sizeof(Integer)> bytes{};
  put_little_endian(std::span<std::byte>(bytes), 0, value);
  return std::bit_cast<Integer>(bytes);
}

}  // namespace zonecopy
