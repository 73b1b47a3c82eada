// Zeros to write from, for devices that cannot be told to write zeros.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace zonecopy {

// Constant, so that it needs no allocation, which could fail, and aligned for direct I/O.
alignas(4096) inline constexpr std::array<std::byte, 65536> zeros{};

/// The first zeros of `wanted_bytes`, as many as one write takes that carries at most `most_bytes`.
[[nodiscard]] inline std::span<const std::byte> zeros_for_one_write(std::uint64_t wanted_bytes,
                                                                    std::uint64_t most_bytes = zeros.size()) {
  return std::span(zeros).first(std::min({wanted_bytes, most_bytes, std::uint64_t{zeros.size()}}));
}

}  // namespace zonecopy
