// The data that sources are filled with. Nothing compresses it, and each unit of it says which zone and place it is for, so
// that whatever lands in a wrong place is found. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace zonecopy::benching {

/// What the source zone at `place` holds from `offset_bytes` on, both multiples of 512.
void make_pattern(std::uint64_t seed, std::size_t place, std::uint64_t offset_bytes, std::span<std::byte> data);
/// Where `data` first differs from that: a byte of `data`, to 512.
[[nodiscard]] std::optional<std::size_t> find_difference(std::uint64_t seed, std::size_t place,
                                                         std::uint64_t offset_bytes, std::span<const std::byte> data);

}  // namespace zonecopy::benching
