// The bytes of a zoned image: header and zone table. Pure; zonecopy-image(5) is the same in prose.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "zonecopy/result.h"
#include "zonecopy/zone.h"
#include "zonecopy/zone_state.h"

namespace zonecopy::image {

inline constexpr std::size_t header_size_bytes = 4096;
inline constexpr std::uint64_t zone_table_offset_bytes = header_size_bytes;
inline constexpr std::uint64_t data_alignment_bytes = 1U << 20;
inline constexpr std::uint32_t format_version = 1;

struct Header {
  std::uint32_t block_size_bytes = 4096;
  std::uint32_t zone_count = 0;
  std::uint64_t zone_size_blocks = 0;
  std::uint64_t zone_capacity_blocks = 0;
  std::uint32_t conventional_zones = 0;
  std::uint32_t max_open_zones = 0;
  std::uint32_t max_active_zones = 0;
  std::uint64_t capacity_blocks = 0;  ///< of the device; the last zone is shorter if it is no multiple of the zone size
  std::uint64_t data_offset_bytes = 0;
  std::array<std::uint8_t, 16> uuid{};

  [[nodiscard]] std::uint64_t file_size_bytes() const { return data_offset_bytes + capacity_blocks * block_size_bytes; }
  [[nodiscard]] bool conventional(ZoneIndex zone) const { return zone < conventional_zones; }
  [[nodiscard]] std::uint64_t zone_length_blocks(ZoneIndex zone) const;
  [[nodiscard]] std::uint64_t zone_capacity_of(ZoneIndex zone) const;
  /// Zone `index` in the words of a zone report.
  [[nodiscard]] Zone describe(ZoneIndex index, const ZoneState& state) const;
};

using HeaderBytes = std::array<std::byte, header_size_bytes>;

[[nodiscard]] HeaderBytes encode(const Header& header);
/// EINVAL whose detail says what is wrong: no image at all, unknown version, damaged, nonsense.
[[nodiscard]] Result<Header> decode(std::span<const std::byte> bytes);
/// Whether the bytes begin with the magic of an image, of any version.
[[nodiscard]] bool has_magic(std::span<const std::byte> bytes);

/// Where the data of a table of `zone_count` entries can begin.
[[nodiscard]] std::uint64_t data_offset_for(std::uint32_t zone_count);

/// One entry of the zone table: the condition in bits 63:60 with the numbers of ZBC, the write pointer below. One
/// word, so that a zone changes from one state to the next at once however the process ends.
[[nodiscard]] std::uint64_t pack(const ZoneState& state);
/// Nothing if the word is no state a zone of `capacity_blocks` can have.
[[nodiscard]] std::optional<ZoneState> unpack(std::uint64_t word, std::uint64_t capacity_blocks);

}  // namespace zonecopy::image
