// What the concurrency tests share: a slow device, and a ledger of numbered blocks that were acknowledged.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "tests/support/core/mounted_file_system.h"
#include "tests/support/loop/loop_test.h"

namespace zonecopy::test {

inline constexpr std::uint32_t block_bytes = 512;

/// Blocks that an operation has acknowledged, by the numbers written into them.
using Piece = std::vector<std::uint64_t>;
using Ledger = std::vector<Piece>;

/// A device with much delay, two conventional and six sequential zones behind that of the super block.
inline SimSpec slow_device(std::uint64_t seed, bool with_copy) {
  SimSpec spec;
  spec.layout = "CCCSSSSSS";
  spec.zone_size_blocks = 64;
  spec.zone_capacity_blocks = 60;
  spec.max_delay = 7;
  spec.seed = seed;
  if (with_copy) spec.copy_limits = CopyLimits{2, 3, 5};
  return spec;
}

inline std::vector<std::byte> numbered_blocks(std::uint64_t first, std::uint64_t count) {
  std::vector<std::byte> data(count * block_bytes);
  for (std::uint64_t at = 0; at < count; ++at) {
    const std::uint64_t number = first + at;
    std::memcpy(&data[at * block_bytes], &number, sizeof(number));
  }
  return data;
}

inline Piece numbers_in(std::span<const std::byte> data) {
  Piece numbers(data.size() / block_bytes);
  for (std::size_t at = 0; at < numbers.size(); ++at) {
    std::memcpy(&numbers[at], &data[at * block_bytes], sizeof(std::uint64_t));
  }
  return numbers;
}

/// The content of a file is the acknowledged pieces, each once, in some order.
void expect_concatenation(const MountedFileSystem& mounted, zonefs::FileNumber file, const Ledger& ledger);

}  // namespace zonecopy::test
