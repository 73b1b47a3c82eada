// Little-endian integers, whatever the byte order of the host: NVMe, the super block of zonefs and images use them.
// Pure.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <span>

namespace zonecopy {

/// Bytes beyond the end of `bytes` read as zeros, which means "not reported" in nearly all fields of NVMe.
template <std::unsigned_integral Integer>
[[nodiscard]] constexpr Integer little_endian(std::span<const std::byte> bytes, std::size_t offset) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof value && offset + i < bytes.size(); ++i) {
    value = static_cast<Integer>(value | static_cast<Integer>(bytes[offset + i]) << (8 * i));
  }
  return value;
}

/// `bytes` must have room for the integer.
template <std::unsigned_integral Integer>
constexpr void put_little_endian(std::span<std::byte> bytes, std::size_t offset, Integer value) {
  for (std::size_t i = 0; i < sizeof value; ++i) bytes[offset + i] = static_cast<std::byte>(value >> (8 * i));
}

/// Converts between the byte order of the host and little-endian, in both directions: for structures and tables that go
/// to a drive or a file as they are in memory.
template <std::unsigned_integral Integer>
[[nodiscard]] constexpr Integer swapped_on_big_endian(Integer value) {
  std::array<std::byte, sizeof(Integer)> bytes{};
  put_little_endian(std::span<std::byte>(bytes), 0, value);
  return std::bit_cast<Integer>(bytes);
}

}  // namespace zonecopy
