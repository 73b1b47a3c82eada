// Zone files for tests of plans, in blocks.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "tools/compact/zone_files.h"

namespace zonecopy::test {

inline constexpr std::uint64_t block_bytes = 4096;
inline constexpr std::uint64_t capacity_blocks = 16;

/// seq/0, seq/1, ... of 16 blocks each, of which so many are written.
inline compact::ZoneFiles zones_with(std::initializer_list<std::uint64_t> written_blocks) {
  compact::ZoneFiles zones;
  zones.block_size_bytes = block_bytes;
  for (const std::uint64_t blocks : written_blocks) {
    compact::ZoneFile file;
    file.size_bytes = blocks * block_bytes;
    file.capacity_bytes = capacity_blocks * block_bytes;
    zones.files.emplace(static_cast<compact::ZoneNumber>(zones.files.size()), file);
  }
  return zones;
}

}  // namespace zonecopy::test
