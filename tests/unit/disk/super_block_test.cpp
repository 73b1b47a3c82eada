// The super block, byte by byte, and every way in which it can be wrong.
#include "zonefs/disk/super_block.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdio>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace zonecopy::zonefs {
namespace {

SuperBlock with_counting_uuid() {
  SuperBlock super_block;
  for (std::uint8_t i = 0; i < 16; ++i) super_block.uuid[i] = i;
  return super_block;
}

void put_byte(SuperBlockBytes& bytes, std::size_t offset, unsigned value) { bytes[offset] = std::byte(value); }

void put_32(SuperBlockBytes& bytes, std::size_t offset, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) put_byte(bytes, offset + i, (value >> (8 * i)) & 0xff);
}

std::uint32_t stored_crc(const SuperBlockBytes& bytes) {
  std::uint32_t crc = 0;
  for (std::size_t i = 4; i-- > 0;) crc = crc << 8 | std::to_integer<std::uint32_t>(bytes[4 + i]);
  return crc;
}

/// A bit by bit CRC-32 that knows nothing of zlib.
std::uint32_t slow_crc(const SuperBlockBytes& bytes) {
  std::uint32_t crc = 0xffffffff;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool in_crc_field = i >= 4 && i < 8;
    crc ^= in_crc_field ? 0 : std::to_integer<std::uint32_t>(bytes[i]);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0);
  }
  return crc;
}

void repair_crc(SuperBlockBytes& bytes) { put_32(bytes, 4, slow_crc(bytes)); }

std::string refusal(std::span<const std::byte> bytes) {
  const Result<SuperBlock> decoded = decode(bytes);
  if (decoded) return "accepted";
  EXPECT_EQ(decoded.error().code(), EINVAL);
  return decoded.error().detail();
}

TEST(SuperBlock, TestVector) {
  const SuperBlockBytes bytes = encode(with_counting_uuid());
  EXPECT_EQ(stored_crc(bytes), 0x368FDB09U);
  EXPECT_EQ(super_block_crc(bytes), 0x368FDB09U);
}

TEST(SuperBlock, GoldenBytes) {
  SuperBlock super_block = with_counting_uuid();
  super_block.label = "garbage";
  super_block.features = {true, true, true, true};
  super_block.uid = 0x01020304;
  super_block.gid = 0xfffffffe;
  super_block.permissions = 0777;
  const SuperBlockBytes bytes = encode(super_block);

  std::map<std::size_t, std::string> fields = {
      {0, "53464f5a"},          {8, "67617262616765"}, {72, "000102030405060708090a0b0c0d0e0f"},
      {88, "0f00000000000000"}, {96, "04030201"},      {100, "feffffff"},
      {104, "ff010000"}};
  std::string expected(2 * bytes.size(), '0');
  for (const auto& [offset, hex] : fields) expected.replace(2 * offset, hex.size(), hex);
  char crc[9];
  std::snprintf(crc, sizeof crc, "%02x%02x%02x%02x", slow_crc(bytes) & 0xff, slow_crc(bytes) >> 8 & 0xff,
                slow_crc(bytes) >> 16 & 0xff, slow_crc(bytes) >> 24);
  expected.replace(8, 8, crc);

  std::string actual;
  for (const std::byte byte : bytes) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", std::to_integer<unsigned>(byte));
    actual += hex;
  }
  EXPECT_EQ(actual, expected);
}

TEST(SuperBlock, RoundTrip) {
  for (unsigned bits = 0; bits < 16; ++bits) {
    SuperBlock super_block = with_counting_uuid();
    super_block.label = "disk " + std::to_string(bits);
    super_block.features = {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
    super_block.uid = 1000;
    super_block.gid = 2000;
    super_block.permissions = 0600;
    const SuperBlockBytes bytes = encode(super_block);
    const Result<SuperBlock> decoded = decode(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->label, super_block.label);
    EXPECT_EQ(decoded->uuid, super_block.uuid);
    EXPECT_EQ(decoded->features, super_block.features);
    EXPECT_EQ(decoded->uid, 1000U);
    EXPECT_EQ(decoded->gid, 2000U);
    EXPECT_EQ(decoded->permissions, 0600U);
    EXPECT_EQ(encode(*decoded), bytes);
  }
}

TEST(SuperBlock, FeaturesDecideWhatAMountUses) {
  SuperBlock super_block;
  super_block.uid = 1000;
  super_block.gid = 2000;
  super_block.permissions = 0177600;  // more than permission bits, as mkzonefs lets through
  EXPECT_EQ(super_block.file_uid(), 0U);
  EXPECT_EQ(super_block.file_gid(), 0U);
  EXPECT_EQ(super_block.file_permissions(), 0640U);
  super_block.features = {false, true, true, true};
  EXPECT_EQ(super_block.file_uid(), 1000U);
  EXPECT_EQ(super_block.file_gid(), 2000U);
  EXPECT_EQ(super_block.file_permissions(), 07600U);
}

TEST(SuperBlock, LabelOfFullLengthHasNoZero) {
  SuperBlock super_block;
  super_block.label = std::string(64, 'x');
  const Result<SuperBlock> decoded = decode(encode(super_block));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->label, super_block.label);

  SuperBlock too_long;
  too_long.label = std::string(100, 'x');
  EXPECT_EQ(encode(too_long), encode(super_block)) << "a longer one does not run into the next field";
}

TEST(SuperBlock, WrongMagic) {
  SuperBlockBytes bytes{};
  EXPECT_NE(refusal(bytes).find("no zonefs super block"), std::string::npos);
  bytes = encode(SuperBlock{});
  put_byte(bytes, 3, 0x5b);
  repair_crc(bytes);
  EXPECT_NE(refusal(bytes).find("no zonefs super block"), std::string::npos);
}

TEST(SuperBlock, EveryChangedByteIsNoticed) {
  const SuperBlockBytes good = encode(with_counting_uuid());
  for (std::size_t offset = 4; offset < good.size(); offset += offset < 112 ? 1 : 97) {
    SuperBlockBytes bytes = good;
    bytes[offset] ^= std::byte{0x10};
    EXPECT_TRUE(refusal(bytes).starts_with("Invalid checksum")) << offset;
  }
}

TEST(SuperBlock, ChecksumMessageIsTheKernels) {
  SuperBlockBytes bytes = encode(with_counting_uuid());
  put_32(bytes, 4, 0x12);
  EXPECT_EQ(refusal(bytes), "Invalid checksum (Expected 0x368fdb09, got 0x00000012)");
}

TEST(SuperBlock, UnknownFeatures) {
  for (const std::size_t bit : {4U, 31U, 32U, 63U}) {
    SuperBlockBytes bytes = encode(SuperBlock{});
    put_byte(bytes, 88 + bit / 8, 1U << (bit % 8));
    repair_crc(bytes);
    char expected[64];
    std::snprintf(expected, sizeof expected, "Unknown features set 0x%llx", 1ULL << bit);
    EXPECT_EQ(refusal(bytes), expected);
  }
}

TEST(SuperBlock, InvalidOwners) {
  SuperBlock super_block;
  super_block.uid = 0xffffffff;
  super_block.gid = 0xffffffff;
  EXPECT_EQ(refusal(encode(super_block)), "accepted") << "without the features nobody looks";
  super_block.features.gid = true;
  EXPECT_EQ(refusal(encode(super_block)), "Invalid GID feature");
  super_block.features.uid = true;
  EXPECT_EQ(refusal(encode(super_block)), "Invalid UID feature");
}

TEST(SuperBlock, ReservedBytes) {
  for (const std::size_t offset : {108U, 109U, 2000U, 4095U}) {
    SuperBlockBytes bytes = encode(SuperBlock{});
    put_byte(bytes, offset, 1);
    repair_crc(bytes);
    EXPECT_EQ(refusal(bytes), "Reserved area is being used") << offset;
  }
}

TEST(SuperBlock, FirstFaultInTheKernelsOrder) {
  SuperBlock super_block;
  super_block.features = {false, true, true, false};
  super_block.uid = super_block.gid = 0xffffffff;
  SuperBlockBytes bytes = encode(super_block);
  put_byte(bytes, 88, 0xf6);
  put_byte(bytes, 4000, 1);
  put_byte(bytes, 0, 0);
  EXPECT_NE(refusal(bytes).find("no zonefs super block"), std::string::npos);
  put_byte(bytes, 0, 0x53);
  EXPECT_TRUE(refusal(bytes).starts_with("Invalid checksum"));
  repair_crc(bytes);
  EXPECT_EQ(refusal(bytes), "Unknown features set 0xf6");
  put_byte(bytes, 88, 0x06);
  repair_crc(bytes);
  EXPECT_EQ(refusal(bytes), "Invalid UID feature");
  put_32(bytes, 96, 0);
  repair_crc(bytes);
  EXPECT_EQ(refusal(bytes), "Invalid GID feature");
  put_32(bytes, 100, 0);
  repair_crc(bytes);
  EXPECT_EQ(refusal(bytes), "Reserved area is being used");
  put_byte(bytes, 4000, 0);
  repair_crc(bytes);
  EXPECT_EQ(refusal(bytes), "accepted");
}

TEST(SuperBlock, Lengths) {
  const SuperBlockBytes bytes = encode(SuperBlock{});
  EXPECT_EQ(refusal(std::span(bytes).first(4095)), "4095 bytes are no super block, which has 4096");
  EXPECT_NE(refusal({}), "accepted");
  std::vector<std::byte> longer(bytes.begin(), bytes.end());
  longer.resize(8192, std::byte{0xff});
  EXPECT_EQ(refusal(longer), "accepted") << "what follows the super block is not its business";
}

}  // namespace
}  // namespace zonecopy::zonefs
