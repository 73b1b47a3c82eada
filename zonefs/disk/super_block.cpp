// Offsets of the on-disk super block, all integers little-endian:
//   0 magic, 4 crc, 8 label[64], 72 uuid[16], 88 features (64 bits), 96 uid, 100 gid, 104 permissions, 108 zeros
#include "zonefs/disk/super_block.h"

#include <uuid/uuid.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "src/base/endian.h"

namespace zonecopy::zonefs {
namespace {

constexpr std::size_t magic_offset = 0;
constexpr std::size_t crc_offset = 4;
constexpr std::size_t label_offset = 8;
constexpr std::size_t uuid_offset = 72;
constexpr std::size_t features_offset = 88;
constexpr std::size_t uid_offset = 96;
constexpr std::size_t gid_offset = 100;
constexpr std::size_t permissions_offset = 104;
constexpr std::size_t reserved_offset = 108;

constexpr std::uint64_t aggregate_conventional_bit = 1U << 0;
constexpr std::uint64_t uid_bit = 1U << 1;
constexpr std::uint64_t gid_bit = 1U << 2;
constexpr std::uint64_t permissions_bit = 1U << 3;
constexpr std::uint64_t known_features = 0xf;
constexpr std::uint32_t invalid_id = 0xffffffff;

std::uint64_t feature_bits(const Features& features) {
  return (features.aggregate_conventional ? aggregate_conventional_bit : 0) | (features.uid ? uid_bit : 0) |
         (features.gid ? gid_bit : 0) | (features.permissions ? permissions_bit : 0);
}

Features features_of(std::uint64_t bits) {
  return Features{(bits & aggregate_conventional_bit) != 0, (bits & uid_bit) != 0, (bits & gid_bit) != 0,
                  (bits & permissions_bit) != 0};
}

Error make_error(std::string detail) { return Error(EINVAL, "super block", std::move(detail)); }

std::uint32_t crc_of(std::uint32_t crc, std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      ::crc32(crc, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

}  // namespace

SuperBlockBytes encode(const SuperBlock& super_block) {
  SuperBlockBytes bytes{};
  put_little_endian(bytes, magic_offset, super_block_magic);
  std::memcpy(bytes.data() + label_offset, super_block.label.data(),
              std::min(super_block.label.size(), label_max_bytes));
  std::memcpy(bytes.data() + uuid_offset, super_block.uuid.data(), super_block.uuid.size());
  put_little_endian(bytes, features_offset, feature_bits(super_block.features));
  put_little_endian(bytes, uid_offset, super_block.uid);
  put_little_endian(bytes, gid_offset, super_block.gid);
  put_little_endian(bytes, permissions_offset, super_block.permissions);
  put_little_endian(bytes, crc_offset, super_block_crc(bytes));
  return bytes;
}

// The checks are in the kernel's order, so that a super block with two faults gives the same error.
Result<SuperBlock> decode(std::span<const std::byte> bytes) {
  if (bytes.size() < super_block_size_bytes) {
    return make_error(fmt::format("{} bytes are no super block, which has {}", bytes.size(), super_block_size_bytes));
  }
  bytes = bytes.first(super_block_size_bytes);
  if (little_endian<std::uint32_t>(bytes, magic_offset) != super_block_magic) {
    return make_error("no zonefs super block: format the device first (mkfs.zonecopyfs)");
  }
  const auto stored_crc = little_endian<std::uint32_t>(bytes, crc_offset);
  const std::uint32_t crc = super_block_crc(bytes);
  if (stored_crc != crc) {
    return make_error(fmt::format("Invalid checksum (Expected {:#010x}, got {:#010x})", crc, stored_crc));
  }
  const auto features = little_endian<std::uint64_t>(bytes, features_offset);
  if ((features & ~known_features) != 0) return make_error(fmt::format("Unknown features set {:#x}", features));

  SuperBlock super_block;
  super_block.features = features_of(features);
  super_block.uid = little_endian<std::uint32_t>(bytes, uid_offset);
  super_block.gid = little_endian<std::uint32_t>(bytes, gid_offset);
  super_block.permissions = little_endian<std::uint32_t>(bytes, permissions_offset);
  if (super_block.features.uid && super_block.uid == invalid_id) return make_error("Invalid UID feature");
  if (super_block.features.gid && super_block.gid == invalid_id) return make_error("Invalid GID feature");
  const auto reserved = bytes.subspan(reserved_offset);
  if (std::ranges::any_of(reserved, [](std::byte byte) { return byte != std::byte{0}; })) {
    return make_error("Reserved area is being used");
  }

  // The label ends at its first zero, or fills its field without one.
  const char* const label = reinterpret_cast<const char*>(bytes.data() + label_offset);
  super_block.label.assign(label, ::strnlen(label, label_max_bytes));
  std::memcpy(super_block.uuid.data(), bytes.data() + uuid_offset, super_block.uuid.size());
  return super_block;
}

std::uint32_t super_block_crc(std::span<const std::byte> bytes) {
  constexpr std::array<std::byte, 4> zero_crc{};
  std::uint32_t crc = crc_of(0, bytes.first(crc_offset));
  crc = crc_of(crc, zero_crc);
  crc = crc_of(crc, bytes.first(super_block_size_bytes).subspan(label_offset));
  return ~crc;  // undoes the inversion by zlib, since zonefs does not invert the result
}

std::string uuid_text(const std::array<std::uint8_t, 16>& uuid) {
  char text[UUID_STR_LEN] = "";
  uuid_unparse_lower(uuid.data(), text);
  return text;
}

}  // namespace zonecopy::zonefs
