// The report of Zone Management Receive (ZNS 1.1, 3.4.2): a header with a count, then one descriptor for each zone.
//
// A file system trusts these values with its data, so each descriptor is checked against everything that the standard
// says of it. One wrong descriptor makes the whole report an error.
#include "src/nvme/zone_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "src/base/endian.h"

namespace zonecopy::nvme {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t offset_zone_count = 0;  // in the header
// Offsets in a descriptor.
constexpr std::size_t offset_type = 0;
constexpr std::size_t offset_state = 1;
constexpr std::size_t offset_zcap = 8;
constexpr std::size_t offset_zslba = 16;
constexpr std::size_t offset_wp = 24;
constexpr unsigned type_mask = 0x0f;
constexpr unsigned state_shift = 4;
constexpr unsigned type_sequential_write_required = 2;  // the only zone type of ZNS

struct ConditionCode {
  ZoneCondition condition;
  unsigned state;       // ZS of a descriptor
  std::uint8_t filter;  // ZRASF of the command
};
constexpr std::array<ConditionCode, 7> condition_codes = {{
    {ZoneCondition::empty, 0x1, 1},
    {ZoneCondition::implicit_open, 0x2, 2},
    {ZoneCondition::explicit_open, 0x3, 3},
    {ZoneCondition::closed, 0x4, 4},
    {ZoneCondition::full, 0xe, 5},
    {ZoneCondition::read_only, 0xd, 6},
    {ZoneCondition::offline, 0xf, 7},
}};
constexpr std::uint8_t filter_all = 0;

std::optional<ZoneCondition> condition_of(unsigned state) {
  for (const ConditionCode& code : condition_codes) {
    if (code.state == state) return code.condition;
  }
  return std::nullopt;
}

unsigned state_of(ZoneCondition condition) {
  for (const ConditionCode& code : condition_codes) {
    if (code.condition == condition) return code.state;
  }
  return 0;  // a conventional zone, which ZNS does not know
}

/// Whether the write pointer field is valid. In the other states drives put all ones, or anything else, there.
bool knows_write_pointer(ZoneCondition condition) { return condition == ZoneCondition::empty || is_active(condition); }

/// What is wrong with `zone`; nothing if all is right.
std::optional<std::string> objection(const Zone& zone) {
  if (zone.capacity_blocks > zone.length_blocks)
    return fmt::format("has a capacity of {} blocks", zone.capacity_blocks);
  if (!knows_write_pointer(zone.condition)) return std::nullopt;
  if (zone.capacity_blocks == 0) return fmt::format("is {} and has no capacity", to_string(zone.condition));
  const bool inside = zone.write_pointer_lba >= zone.start_lba && zone.write_pointer_lba <= zone.end_lba();
  if (!inside || (zone.condition == ZoneCondition::empty && zone.write_pointer_lba != zone.start_lba)) {
    return fmt::format("is {} and has its write pointer at {}", to_string(zone.condition), zone.write_pointer_lba);
  }
  return std::nullopt;
}

Error make_error(std::string detail) { return Error(EIO, "report zones", std::move(detail)); }

Result<Zone> decode_zone(Bytes descriptor, std::uint64_t zone_size_blocks) {
  Zone zone;
  zone.start_lba = little_endian<std::uint64_t>(descriptor, offset_zslba);
  const std::uint64_t index = zone.start_lba / zone_size_blocks;
  // The second check keeps the sums below from wrapping.
  if (zone.start_lba % zone_size_blocks != 0 || index > std::numeric_limits<ZoneIndex>::max() ||
      zone.start_lba > std::numeric_limits<Lba>::max() - zone_size_blocks) {
    return make_error("a zone starts where none can").at_lba(zone.start_lba);
  }
  zone.index = static_cast<ZoneIndex>(index);
  const unsigned type = little_endian<std::uint8_t>(descriptor, offset_type) & type_mask;
  if (type != type_sequential_write_required) {
    return make_error(fmt::format("the zone has the unknown type {}", type)).at_zone(index);
  }
  const unsigned state = little_endian<std::uint8_t>(descriptor, offset_state) >> state_shift;
  const std::optional<ZoneCondition> condition = condition_of(state);
  if (!condition) return make_error(fmt::format("the zone has the unknown state {:#x}", state)).at_zone(index);
  zone.type = ZoneType::sequential_required;
  zone.condition = *condition;
  zone.length_blocks = zone_size_blocks;
  zone.capacity_blocks = little_endian<std::uint64_t>(descriptor, offset_zcap);
  zone.write_pointer_lba = little_endian<std::uint64_t>(descriptor, offset_wp);
  const std::optional<std::string> wrong = objection(zone);
  if (wrong) return make_error("the zone " + *wrong).at_zone(index);
  // Where the field is not valid, the end of the zone takes its place, so that sums do not wrap. For a full zone that
  // is right. In a read-only one it hides no data: blocks that were never written read as zeros.
  if (!knows_write_pointer(zone.condition)) zone.write_pointer_lba = zone.end_lba();
  return zone;
}

}  // namespace

Result<std::vector<Zone>> decode_zone_report(Bytes data, std::uint64_t zone_size_blocks) {
  if (zone_size_blocks == 0) return make_error("the namespace has zones of no length");
  if (data.size() < zone_report_header_bytes) return make_error(fmt::format("{} bytes are no report", data.size()));
  // A drive may count zones that did not fit, although a partial report was requested, so only descriptors within the
  // data are read. A drive that counts more than it wrote leaves descriptors of zeros, which fail for their zone type.
  const std::uint64_t room = (data.size() - zone_report_header_bytes) / zone_descriptor_bytes;
  const std::uint64_t count = std::min(little_endian<std::uint64_t>(data, offset_zone_count), room);
  std::vector<Zone> zones;
  zones.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t offset = zone_report_header_bytes + i * zone_descriptor_bytes;
    const Result<Zone> zone = decode_zone(data.subspan(offset, zone_descriptor_bytes), zone_size_blocks);
    if (!zone) return zone.error();
    // The report is of every state, so no zone may be missing.
    if (!zones.empty() && zone->index != zones.back().index + std::uint64_t{1}) {
      return make_error(fmt::format("zone {} follows zone {}", zone->index, zones.back().index));
    }
    zones.push_back(*zone);
  }
  return zones;
}

void encode_zone_report_header(std::span<std::byte> report, std::uint64_t zone_count) {
  std::array<std::byte, zone_report_header_bytes> header{};
  put_little_endian(std::span<std::byte>(header), offset_zone_count, zone_count);
  std::copy_n(header.begin(), std::min(header.size(), report.size()), report.begin());
}

void encode_zone_descriptor(std::span<std::byte> report, std::uint64_t number, const Zone& zone) {
  const std::span<std::byte> descriptor =
      report.subspan(zone_report_header_bytes + number * zone_descriptor_bytes, zone_descriptor_bytes);
  std::fill(descriptor.begin(), descriptor.end(), std::byte{0});
  descriptor[offset_type] = std::byte{type_sequential_write_required};
  descriptor[offset_state] = static_cast<std::byte>(state_of(zone.condition) << state_shift);
  put_little_endian(descriptor, offset_zcap, zone.capacity_blocks);
  put_little_endian(descriptor, offset_zslba, zone.start_lba);
  const Lba all_ones = std::numeric_limits<Lba>::max();
  put_little_endian(descriptor, offset_wp, knows_write_pointer(zone.condition) ? zone.write_pointer_lba : all_ones);
}

bool zone_report_filter_matches(std::uint8_t filter, ZoneCondition condition) {
  if (filter == filter_all) return true;
  return std::any_of(condition_codes.begin(), condition_codes.end(),
                     [&](const ConditionCode& code) { return code.filter == filter && code.condition == condition; });
}

bool zone_report_filter_known(std::uint8_t filter) { return filter <= condition_codes.size(); }

}  // namespace zonecopy::nvme
