// Encodes and decodes header and zone table of a zoned image, as zonecopy-image(5) describes them. Pure.
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

  [[nodiscard]] std::uint64_t word_offset_bytes(ZoneIndex zone) const;
  /// The offset of the zone's failure byte, which `zonecopy image set` writes. These follow the table, one for each
  /// zone.
  [[nodiscard]] std::uint64_t failure_offset_bytes(ZoneIndex zone) const;
  /// Whether there is room for failure bytes. Early versions made images with very many zones and no room.
  [[nodiscard]] bool has_failures() const { return failure_offset_bytes(zone_count) <= data_offset_bytes; }
  /// The offset in the file of block `lba`.
  [[nodiscard]] std::uint64_t offset_of(Lba lba) const { return data_offset_bytes + lba * block_size_bytes; }
  [[nodiscard]] std::uint64_t file_size_bytes() const { return data_offset_bytes + capacity_blocks * block_size_bytes; }
  [[nodiscard]] bool conventional(ZoneIndex zone) const { return zone < conventional_zones; }
  [[nodiscard]] std::uint64_t zone_length_blocks(ZoneIndex zone) const;
  [[nodiscard]] std::uint64_t zone_capacity_of(ZoneIndex zone) const;
  /// Zone `index` in the words of a zone report.
  [[nodiscard]] Zone describe(ZoneIndex index, const ZoneState& state) const;
};

using HeaderBytes = std::array<std::byte, header_size_bytes>;

[[nodiscard]] HeaderBytes encode(const Header& header);
/// EINVAL, with a detail: no image, unknown version, damaged, or a geometry that cannot be.
[[nodiscard]] Result<Header> decode(std::span<const std::byte> bytes);
/// Whether the bytes begin with the magic of an image, of any version.
[[nodiscard]] bool has_magic(std::span<const std::byte> bytes);

/// The smallest offset of the data in an image of `zone_count` zones.
[[nodiscard]] std::uint64_t data_offset_for(std::uint32_t zone_count);

/// The state of a zone as the zone table holds it.
struct ZoneRecord {
  ZoneCondition condition = ZoneCondition::empty;
  /// Blocks that were written. This is the write pointer, except in a zone that was finished before it was full.
  std::uint64_t written_blocks = 0;
  /// The number of the last written blocks that may not be on the media yet.
  std::uint64_t unsynced_blocks = 0;
  friend bool operator==(const ZoneRecord&, const ZoneRecord&) = default;

  /// The state for commands, where the write pointer of a full zone is at its capacity.
  [[nodiscard]] ZoneState state(std::uint64_t capacity_blocks) const;
};

// An entry of the zone table: bits 63:60 are the condition with the numbers of ZBC, bits 59:36 the blocks that are not
// synced, bits 35:0 the blocks written. It is one word, so that a zone always changes its state as a whole, however the
// process ends.
inline constexpr std::uint64_t written_blocks_max = (std::uint64_t{1} << 36U) - 1;
/// This value means so many or more.
inline constexpr std::uint64_t unsynced_blocks_max = (std::uint64_t{1} << 24U) - 1;

[[nodiscard]] std::uint64_t pack(const ZoneRecord& record);
/// Nothing if a zone of `capacity_blocks` cannot have this state.
[[nodiscard]] std::optional<ZoneRecord> unpack(std::uint64_t word, std::uint64_t capacity_blocks);

/// The failure byte of a condition (0 for none), and the condition of a failure byte.
[[nodiscard]] std::uint8_t pack_failure(std::optional<ZoneCondition> condition);
[[nodiscard]] std::optional<ZoneCondition> unpack_failure(std::byte byte);
/// The state of a zone after the failure that the byte tells.
[[nodiscard]] ZoneState fail(ZoneState state, std::byte failure);

}  // namespace zonecopy::image
