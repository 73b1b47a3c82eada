#include "src/device/image/image_format.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "src/base/endian.h"

namespace zonecopy::image {
namespace {

constexpr char magic[8] = {'Z', 'C', 'I', 'M', 'A', 'G', 'E', '\0'};

// Offsets of the header's fields.
enum Field : std::size_t {
  field_magic = 0,
  field_version = 8,
  field_crc = 12,
  field_block_size = 16,
  field_zone_count = 20,
  field_zone_size = 24,
  field_zone_capacity = 32,
  field_conventional = 40,
  field_max_open = 44,
  field_max_active = 48,
  field_capacity = 56,
  field_table_offset = 64,
  field_data_offset = 72,
  field_uuid = 80,
};

std::uint32_t header_crc(std::span<const std::byte> bytes) {
  HeaderBytes copy{};
  std::copy_n(bytes.begin(), header_size_bytes, copy.begin());
  put_little_endian<std::uint32_t>(copy, field_crc, 0);
  return static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(copy.data()), header_size_bytes));
}

Error make_error(std::string detail) { return Error(EINVAL, "open image", std::move(detail)); }

bool sensible(const Header& header) {
  const bool geometry = (header.block_size_bytes == 512 || header.block_size_bytes == 4096) &&
                        header.zone_size_blocks > 0 && header.zone_size_blocks <= written_blocks_max &&
                        header.zone_capacity_blocks > 0 && header.zone_capacity_blocks <= header.zone_size_blocks &&
                        header.zone_count > 0 && header.conventional_zones <= header.zone_count;
  if (!geometry) return false;
  // In 128 bits, so that the values of a damaged header cannot pass the checks by wrapping.
  using Wide = unsigned __int128;
  const Wide capacity = header.capacity_blocks;
  const Wide zones = header.zone_count;
  return capacity <= zones * header.zone_size_blocks && capacity > (zones - 1) * header.zone_size_blocks &&
         capacity * header.block_size_bytes < (Wide{1} << 62) && header.data_offset_bytes % data_alignment_bytes == 0 &&
         header.data_offset_bytes >= header.word_offset_bytes(header.zone_count) &&
         header.data_offset_bytes < (std::uint64_t{1} << 62);
}

// Numbers of ZBC-2, table "ZONE CONDITION field"; NVMe uses the same.
constexpr std::pair<ZoneCondition, std::uint64_t> condition_numbers[] = {
    {ZoneCondition::not_write_pointer, 0x0},
    {ZoneCondition::empty, 0x1},
    {ZoneCondition::implicit_open, 0x2},
    {ZoneCondition::explicit_open, 0x3},
    {ZoneCondition::closed, 0x4},
    {ZoneCondition::read_only, 0xd},
    {ZoneCondition::full, 0xe},
    {ZoneCondition::offline, 0xf},
};
constexpr int condition_shift = 60;
constexpr int unsynced_shift = 36;

std::optional<std::uint64_t> number_of(ZoneCondition condition) {
  for (const auto& [known, number] : condition_numbers) {
    if (known == condition) return number;
  }
  return std::nullopt;
}

std::optional<ZoneCondition> condition_of(std::uint64_t wanted) {
  for (const auto& [condition, number] : condition_numbers) {
    if (number == wanted) return condition;
  }
  return std::nullopt;
}

}  // namespace

std::uint64_t Header::word_offset_bytes(ZoneIndex zone) const {
  return zone_table_offset_bytes + std::uint64_t{zone} * sizeof(std::uint64_t);
}

std::uint64_t Header::failure_offset_bytes(ZoneIndex zone) const { return word_offset_bytes(zone_count) + zone; }

std::uint64_t Header::zone_length_blocks(ZoneIndex zone) const {
  return std::min(zone_size_blocks, capacity_blocks - zone * zone_size_blocks);
}

std::uint64_t Header::zone_capacity_of(ZoneIndex zone) const {
  const std::uint64_t length_blocks = zone_length_blocks(zone);
  return conventional(zone) ? length_blocks : std::min(zone_capacity_blocks, length_blocks);
}

Zone Header::describe(ZoneIndex index, const ZoneState& state) const {
  Zone zone;
  zone.index = index;
  zone.type = conventional(index) ? ZoneType::conventional : ZoneType::sequential_required;
  zone.condition = state.condition;
  zone.start_lba = index * zone_size_blocks;
  zone.length_blocks = zone_length_blocks(index);
  zone.capacity_blocks = zone_capacity_of(index);
  zone.write_pointer_lba = zone.start_lba + state.write_pointer_blocks;
  return zone;
}

HeaderBytes encode(const Header& header) {
  HeaderBytes bytes{};
  std::memcpy(bytes.data(), magic, sizeof magic);
  put_little_endian(bytes, field_version, format_version);
  put_little_endian(bytes, field_block_size, header.block_size_bytes);
  put_little_endian(bytes, field_zone_count, header.zone_count);
  put_little_endian(bytes, field_zone_size, header.zone_size_blocks);
  put_little_endian(bytes, field_zone_capacity, header.zone_capacity_blocks);
  put_little_endian(bytes, field_conventional, header.conventional_zones);
  put_little_endian(bytes, field_max_open, header.max_open_zones);
  put_little_endian(bytes, field_max_active, header.max_active_zones);
  put_little_endian(bytes, field_capacity, header.capacity_blocks);
  put_little_endian(bytes, field_table_offset, zone_table_offset_bytes);
  put_little_endian(bytes, field_data_offset, header.data_offset_bytes);
  std::memcpy(bytes.data() + field_uuid, header.uuid.data(), header.uuid.size());
  put_little_endian(bytes, field_crc, header_crc(bytes));
  return bytes;
}

bool has_magic(std::span<const std::byte> bytes) {
  return bytes.size() >= sizeof magic && std::memcmp(bytes.data(), magic, sizeof magic) == 0;
}

Result<Header> decode(std::span<const std::byte> bytes) {
  if (!has_magic(bytes)) return make_error("this is no zoned image; make one with 'zonecopy image create'");
  if (bytes.size() < header_size_bytes) return make_error("the image is truncated within its header");
  const auto version = little_endian<std::uint32_t>(bytes, field_version);
  if (version != format_version) {
    return make_error(
        fmt::format("the image has format version {}; this build knows version {}", version, format_version));
  }
  const auto stored = little_endian<std::uint32_t>(bytes, field_crc);
  const std::uint32_t computed = header_crc(bytes);
  if (stored != computed) {
    return make_error(
        fmt::format("the image header is damaged (checksum {:#010x}, expected {:#010x})", stored, computed));
  }
  Header header;
  header.block_size_bytes = little_endian<std::uint32_t>(bytes, field_block_size);
  header.zone_count = little_endian<std::uint32_t>(bytes, field_zone_count);
  header.zone_size_blocks = little_endian<std::uint64_t>(bytes, field_zone_size);
  header.zone_capacity_blocks = little_endian<std::uint64_t>(bytes, field_zone_capacity);
  header.conventional_zones = little_endian<std::uint32_t>(bytes, field_conventional);
  header.max_open_zones = little_endian<std::uint32_t>(bytes, field_max_open);
  header.max_active_zones = little_endian<std::uint32_t>(bytes, field_max_active);
  header.capacity_blocks = little_endian<std::uint64_t>(bytes, field_capacity);
  header.data_offset_bytes = little_endian<std::uint64_t>(bytes, field_data_offset);
  std::memcpy(header.uuid.data(), bytes.data() + field_uuid, header.uuid.size());
  const bool table_in_place = little_endian<std::uint64_t>(bytes, field_table_offset) == zone_table_offset_bytes;
  if (!table_in_place || !sensible(header)) return make_error("the image header describes a geometry that cannot be");
  return header;
}

std::uint64_t data_offset_for(std::uint32_t zone_count) {
  constexpr std::uint64_t zone_bytes = sizeof(std::uint64_t) + 1;
  const std::uint64_t end_bytes = zone_table_offset_bytes + std::uint64_t{zone_count} * zone_bytes;
  return (end_bytes + data_alignment_bytes - 1) / data_alignment_bytes * data_alignment_bytes;
}

ZoneState ZoneRecord::state(std::uint64_t capacity_blocks) const {
  return {condition, condition == ZoneCondition::full ? capacity_blocks : written_blocks};
}

std::uint64_t pack(const ZoneRecord& record) {
  const std::uint64_t unsynced_blocks = std::min(record.unsynced_blocks, unsynced_blocks_max);
  return number_of(record.condition).value_or(0) << condition_shift | unsynced_blocks << unsynced_shift |
         record.written_blocks;
}

std::optional<ZoneRecord> unpack(std::uint64_t word, std::uint64_t capacity_blocks) {
  const std::optional<ZoneCondition> condition = condition_of(word >> condition_shift);
  if (!condition) return std::nullopt;
  ZoneRecord record{*condition, word & written_blocks_max, word >> unsynced_shift & unsynced_blocks_max};
  if (record.written_blocks > capacity_blocks) return std::nullopt;
  if (record.unsynced_blocks == unsynced_blocks_max) record.unsynced_blocks = record.written_blocks;
  if (record.unsynced_blocks > record.written_blocks) return std::nullopt;
  return record;
}

std::uint8_t pack_failure(std::optional<ZoneCondition> condition) {
  return condition ? static_cast<std::uint8_t>(number_of(*condition).value_or(0)) : 0;
}

std::optional<ZoneCondition> unpack_failure(std::byte byte) {
  const std::optional<ZoneCondition> condition = condition_of(std::to_integer<std::uint8_t>(byte));
  const bool failure = condition == ZoneCondition::read_only || condition == ZoneCondition::offline;
  return failure ? condition : std::nullopt;
}

ZoneState fail(ZoneState state, std::byte failure) {
  const std::optional<ZoneCondition> failed = unpack_failure(failure);
  if (failed && state.condition != ZoneCondition::offline) state.condition = *failed;
  return state;
}

}  // namespace zonecopy::image
