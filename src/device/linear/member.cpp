#include "src/device/linear/member.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "src/base/endian.h"

namespace zonecopy::linear {
namespace {

constexpr std::array<char, 8> magic = {'z', 'c', 'm', 'e', 'm', 'b', 'e', 'r'};
constexpr std::uint32_t version = 1;

// Offsets in the record. What lies behind the last field is 0.
constexpr std::size_t field_magic = 0;
constexpr std::size_t field_version = 8;
constexpr std::size_t field_crc = 12;
constexpr std::size_t field_set = 16;
constexpr std::size_t field_index = 32;
constexpr std::size_t field_count = 36;
constexpr std::size_t field_block_size = 40;
constexpr std::size_t field_zone_count = 44;
constexpr std::size_t field_zone_size = 48;

/// Of the whole record, its own field counting as 0.
std::uint32_t crc_of(MemberRecord record) {
  put_little_endian<std::uint32_t>(record, field_crc, 0);
  return static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(record.data()), record.size()));
}

Error make_error(const DeviceInfo& device, std::string detail) {
  Error error(EINVAL, "concatenate", std::move(detail));
  return error.on_device(device.path);
}

bool same_geometry(const Member& member, const DeviceInfo& info) {
  return member.block_size_bytes == info.block_size_bytes && member.zone_count == info.zone_count &&
         member.zone_size_blocks == info.zone_size_blocks;
}

}  // namespace

Member member_of(const DeviceInfo& info, const std::array<std::uint8_t, 16>& set, std::size_t index,
                 std::size_t count) {
  Member member;
  member.set = set;
  member.index = static_cast<std::uint32_t>(index);
  member.count = static_cast<std::uint32_t>(count);
  member.block_size_bytes = info.block_size_bytes;
  member.zone_count = info.zone_count;
  member.zone_size_blocks = info.zone_size_blocks;
  return member;
}

MemberRecord encode(const Member& member) {
  MemberRecord record{};
  std::memcpy(record.data() + field_magic, magic.data(), magic.size());
  put_little_endian(record, field_version, version);
  std::memcpy(record.data() + field_set, member.set.data(), member.set.size());
  put_little_endian(record, field_index, member.index);
  put_little_endian(record, field_count, member.count);
  put_little_endian(record, field_block_size, member.block_size_bytes);
  put_little_endian(record, field_zone_count, member.zone_count);
  put_little_endian(record, field_zone_size, member.zone_size_blocks);
  put_little_endian(record, field_crc, crc_of(record));
  return record;
}

std::optional<Member> decode_member(std::span<const std::byte> bytes) {
  MemberRecord record{};
  if (bytes.size() < record.size()) return std::nullopt;
  std::memcpy(record.data(), bytes.data(), record.size());
  const bool whole = std::memcmp(record.data() + field_magic, magic.data(), magic.size()) == 0 &&
                     little_endian<std::uint32_t>(record, field_version) == version &&
                     little_endian<std::uint32_t>(record, field_crc) == crc_of(record);
  if (!whole) return std::nullopt;
  Member member;
  std::memcpy(member.set.data(), record.data() + field_set, member.set.size());
  member.index = little_endian<std::uint32_t>(record, field_index);
  member.count = little_endian<std::uint32_t>(record, field_count);
  member.block_size_bytes = little_endian<std::uint32_t>(record, field_block_size);
  member.zone_count = little_endian<std::uint32_t>(record, field_zone_count);
  member.zone_size_blocks = little_endian<std::uint64_t>(record, field_zone_size);
  return member;
}

Status check_members(std::span<const DeviceInfo* const> infos, std::span<const std::optional<Member>> members) {
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const DeviceInfo& info = *infos[i];
    if (!members[i]) {
      return make_error(info,
                        "it is of no set that mkfs.zonecopyfs --concat has made; it may have a file system of its own");
    }
    const Member& member = *members[i];
    if (member.set != members[0]->set) {
      return make_error(info, fmt::format("it is of another set than {}", infos[0]->path));
    }
    if (member.index != i) {
      return make_error(info, fmt::format("it is number {} of its set and is given as number {}; give the devices in "
                                          "the order in which they were formatted",
                                          member.index + 1, i + 1));
    }
    if (member.count != infos.size()) {
      return make_error(info, fmt::format("its set has {} devices, and {} are given", member.count, infos.size()));
    }
    if (!same_geometry(member, info)) {
      return make_error(info, "its size, zones or blocks are not what they were when it was formatted");
    }
  }
  return {};
}

}  // namespace zonecopy::linear
