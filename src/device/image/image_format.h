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

  [[nodiscard]] std::uint64_t word_offset_bytes(ZoneIndex zone) const;
  /// Where `zonecopy image set` says that a zone has failed: one byte a zone, behind the table.
  [[nodiscard]] std::uint64_t failure_offset_bytes(ZoneIndex zone) const;
  /// Images with very many zones, made by early versions, may have no room for that.
  [[nodiscard]] bool has_failures() const { return failure_offset_bytes(zone_count) <= data_offset_bytes; }
  /// Where block `lba` is in the file.
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
/// EINVAL whose detail says what is wrong: no image at all, unknown version, damaged, nonsense.
[[nodiscard]] Result<Header> decode(std::span<const std::byte> bytes);
/// Whether the bytes begin with the magic of an image, of any version.
[[nodiscard]] bool has_magic(std::span<const std::byte> bytes);

/// Where the data of an image of `zone_count` zones can begin.
[[nodiscard]] std::uint64_t data_offset_for(std::uint32_t zone_count);

/// What the zone table keeps of a zone.
struct ZoneRecord {
  ZoneCondition condition = ZoneCondition::empty;
  /// Blocks that were written; the write pointer, but in a zone that was finished before it was full.
  std::uint64_t written_blocks = 0;
  /// The last so many of them may not have reached the media yet.
  std::uint64_t unsynced_blocks = 0;
  friend bool operator==(const ZoneRecord&, const ZoneRecord&) = default;

  /// What commands see: the pointer of a full zone is at its capacity.
  [[nodiscard]] ZoneState state(std::uint64_t capacity_blocks) const;
};

// One entry of the zone table: the condition in bits 63:60 with the numbers of ZBC, the blocks that are not synced in
// bits 59:36, the blocks written below. One word, so that a zone changes from one state to the next at once however the
// process ends.
inline constexpr std::uint64_t written_blocks_max = (std::uint64_t{1} << 36U) - 1;
/// So many, or more.
inline constexpr std::uint64_t unsynced_blocks_max = (std::uint64_t{1} << 24U) - 1;

[[nodiscard]] std::uint64_t pack(const ZoneRecord& record);
/// Nothing if the word is no state a zone of `capacity_blocks` can have.
[[nodiscard]] std::optional<ZoneRecord> unpack(std::uint64_t word, std::uint64_t capacity_blocks);

/// The byte by which a failure is told, 0 for none; and back.
[[nodiscard]] std::uint8_t pack_failure(std::optional<ZoneCondition> condition);
[[nodiscard]] std::optional<ZoneCondition> unpack_failure(std::byte byte);
/// What becomes of a zone by a failure that was told so.
[[nodiscard]] ZoneState fail(ZoneState state, std::byte failure);

}  // namespace zonecopy::image
