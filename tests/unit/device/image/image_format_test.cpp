// The bytes of a zoned image as zonecopy-image(5) describes them, and everything that is refused.
#include "src/device/image/image_format.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace zonecopy::image {
namespace {

Header sample() {
  Header header;
  header.block_size_bytes = 512;
  header.zone_count = 5;
  header.zone_size_blocks = 0x10000;
  header.zone_capacity_blocks = 0xc000;
  header.conventional_zones = 2;
  header.max_open_zones = 3;
  header.max_active_zones = 4;
  header.capacity_blocks = 0x4'0001;
  header.data_offset_bytes = 0x10'0000;
  for (std::uint8_t i = 0; i < header.uuid.size(); ++i) header.uuid[i] = static_cast<std::uint8_t>(0xa0 + i);
  return header;
}

void store(HeaderBytes& bytes, std::size_t offset, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes[offset + i] = static_cast<std::byte>(value >> (8 * i));
}

/// Makes the checksum right again: what is refused then is refused for itself.
void seal(HeaderBytes& bytes) {
  store(bytes, 12, 0, 4);
  store(bytes, 12, crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()), 4);
}

std::string refusal_of(std::span<const std::byte> bytes) {
  const Result<Header> decoded = decode(bytes);
  if (decoded) return "accepted";
  EXPECT_EQ(decoded.error().code(), EINVAL);
  return decoded.error().detail();
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(ImageFormat, GoldenBytes) {
  const HeaderBytes bytes = encode(sample());
  const std::vector<std::uint8_t> golden = {
      'Z',  'C',  'I',  'M',  'A',  'G',  'E',  0,     // 0: magic
      1,    0,    0,    0,                             // 8: version
      0,    0,    0,    0,                             // 12: checksum, looked at below
      0x00, 0x02, 0,    0,                             // 16: block size
      5,    0,    0,    0,                             // 20: zones
      0,    0,    1,    0,    0,    0,    0,    0,     // 24: zone size
      0,    0xc0, 0,    0,    0,    0,    0,    0,     // 32: zone capacity
      2,    0,    0,    0,                             // 40: conventional zones
      3,    0,    0,    0,                             // 44: open zones
      4,    0,    0,    0,                             // 48: active zones
      0,    0,    0,    0,                             // 52: reserved
      1,    0,    4,    0,    0,    0,    0,    0,     // 56: size of the device
      0,    0x10, 0,    0,    0,    0,    0,    0,     // 64: the zone table begins
      0,    0,    0x10, 0,    0,    0,    0,    0,     // 72: the data begin
      0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,  // 80: UUID
      0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
  };
  ASSERT_EQ(golden.size(), 96U);
  HeaderBytes expected{};
  std::memcpy(expected.data(), golden.data(), golden.size());
  const auto crc = static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(expected.data()), 4096));
  store(expected, 12, crc, 4);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(std::to_integer<int>(bytes[i]), std::to_integer<int>(expected[i])) << "at offset " << i;
  }
  EXPECT_EQ(zone_table_offset_bytes, 4096U);
}

void expect_equal(const Header& a, const Header& b) {
  EXPECT_EQ(a.block_size_bytes, b.block_size_bytes);
  EXPECT_EQ(a.zone_count, b.zone_count);
  EXPECT_EQ(a.zone_size_blocks, b.zone_size_blocks);
  EXPECT_EQ(a.zone_capacity_blocks, b.zone_capacity_blocks);
  EXPECT_EQ(a.conventional_zones, b.conventional_zones);
  EXPECT_EQ(a.max_open_zones, b.max_open_zones);
  EXPECT_EQ(a.max_active_zones, b.max_active_zones);
  EXPECT_EQ(a.capacity_blocks, b.capacity_blocks);
  EXPECT_EQ(a.data_offset_bytes, b.data_offset_bytes);
  EXPECT_EQ(a.uuid, b.uuid);
}

TEST(ImageFormat, DecodeGivesBackWhatWasEncoded) {
  Header big = sample();
  big.block_size_bytes = 4096;
  big.zone_count = 0x7fff'fff0;
  big.zone_size_blocks = 0x12345;
  big.zone_capacity_blocks = 1;
  big.conventional_zones = big.zone_count;
  big.max_open_zones = 0xfedc'ba98;
  big.max_active_zones = 0xffff'ffff;
  big.capacity_blocks = big.zone_size_blocks * big.zone_count - 0x12344;
  big.data_offset_bytes = data_offset_for(big.zone_count) + (std::uint64_t{1} << 40);
  for (const Header& header : {sample(), big}) {
    const Result<Header> decoded = decode(encode(header));
    ASSERT_TRUE(decoded.ok()) << decoded.error().to_string();
    expect_equal(*decoded, header);
  }
}

TEST(ImageFormat, WhatIsNoImage) {
  HeaderBytes bytes = encode(sample());
  EXPECT_TRUE(contains(refusal_of(std::span(bytes).first(0)), "no zoned image"));
  EXPECT_TRUE(contains(refusal_of(std::span(bytes).first(7)), "no zoned image"));
  for (const std::size_t size : {8U, 95U, 4095U}) {
    EXPECT_TRUE(contains(refusal_of(std::span(bytes).first(size)), "truncated")) << size;
  }
  EXPECT_FALSE(has_magic(std::span(bytes).first(7)));
  EXPECT_TRUE(has_magic(std::span(bytes).first(8)));
  bytes[7] = std::byte{'2'};
  EXPECT_FALSE(has_magic(bytes));
  EXPECT_TRUE(contains(refusal_of(bytes), "no zoned image"));
  EXPECT_TRUE(contains(refusal_of(HeaderBytes{}), "no zoned image"));
}

TEST(ImageFormat, AnotherVersionIsNamed) {
  for (const std::uint32_t version : {0U, 2U, 0x0100'0001U}) {
    HeaderBytes bytes = encode(sample());
    store(bytes, 8, version, 4);
    const std::string unsealed = refusal_of(bytes);
    EXPECT_TRUE(contains(unsealed, "version " + std::to_string(version))) << unsealed;
    seal(bytes);
    EXPECT_EQ(refusal_of(bytes), unsealed) << "a later version may well have its checksum elsewhere";
    EXPECT_TRUE(has_magic(bytes));
  }
}

TEST(ImageFormat, EveryFlippedBitIsNoticed) {
  HeaderBytes bytes = encode(sample());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const std::byte mask{static_cast<std::uint8_t>(1U << (bit % 8))};
    bytes[bit / 8] ^= mask;
    const Result<Header> decoded = decode(bytes);
    bytes[bit / 8] ^= mask;
    ASSERT_FALSE(decoded.ok()) << "bit " << bit % 8 << " of byte " << bit / 8;
    ASSERT_EQ(decoded.error().code(), EINVAL);
    const char* const expected = bit / 8 < 8 ? "no zoned image" : bit / 8 < 12 ? "version" : "checksum";
    ASSERT_TRUE(contains(decoded.error().detail(), expected)) << decoded.error().detail() << " at byte " << bit / 8;
  }
}

TEST(ImageFormat, GeometryThatCannotBe) {
  struct Row {
    const char* name;
    std::size_t offset;
    std::size_t size;
    std::uint64_t value;
  };
  const std::vector<Row> rows = {
      {"block size 0", 16, 4, 0},
      {"block size 1024", 16, 4, 1024},
      {"block size 513", 16, 4, 513},
      {"block size 64 KiB + 512", 16, 4, 0x1'0200},
      {"no zones", 20, 4, 0},
      {"a zone too many", 20, 4, 6},
      {"a zone too few", 20, 4, 4},
      {"zones for which the table has no room", 20, 4, 0xffff'ffff},
      {"zones of no blocks", 24, 8, 0},
      {"zones longer than a word can tell", 24, 8, std::uint64_t{1} << 36},
      {"zones smaller than their capacity", 24, 8, 0xbfff},
      {"zones larger than the device", 24, 8, 0x10'0000},
      {"zone size that wraps", 24, 8, std::uint64_t{1} << 63},
      {"capacity 0", 32, 8, 0},
      {"capacity above the zone size", 32, 8, 0x1'0001},
      {"more conventional zones than zones", 40, 4, 6},
      {"no device at all", 56, 8, 0},
      {"a device without its last zone", 56, 8, 0x4'0000},
      {"a device with one block more than its zones", 56, 8, 0x5'0001},
      {"a device that wraps", 56, 8, ~std::uint64_t{0}},
      {"zone table elsewhere", 64, 8, 8192},
      {"data in the zone table", 72, 8, 0},
      {"data not aligned", 72, 8, 0x10'0200},
      {"data beyond any file", 72, 8, std::uint64_t{1} << 62},
  };
  for (const Row& row : rows) {
    HeaderBytes bytes = encode(sample());
    store(bytes, row.offset, row.value, row.size);
    seal(bytes);
    const std::string refusal = refusal_of(bytes);
    EXPECT_TRUE(contains(refusal, "geometry")) << row.name << ": " << refusal;
  }
  HeaderBytes untouched = encode(sample());
  seal(untouched);
  EXPECT_EQ(refusal_of(untouched), "accepted") << "the checksum of this test is that of the format";

  Header wrapping = sample();
  wrapping.block_size_bytes = 4096;
  wrapping.zone_size_blocks = std::uint64_t{1} << 62;
  wrapping.capacity_blocks = wrapping.zone_size_blocks * 4 + 1;  // wraps to 1 in 64 bits
  EXPECT_TRUE(contains(refusal_of(encode(wrapping)), "geometry"));
}

TEST(ImageFormat, DataBeginBehindTheTable) {
  const std::uint64_t mebibyte = 1U << 20;
  const auto table_end = static_cast<std::uint32_t>((mebibyte - 4096) / 9);  // a word and a byte for each zone
  EXPECT_EQ(data_offset_for(1), mebibyte);
  EXPECT_EQ(data_offset_for(table_end), mebibyte);
  EXPECT_EQ(data_offset_for(table_end + 1), 2 * mebibyte);
  EXPECT_EQ(data_offset_for(0xffff'ffff), (std::uint64_t{9} << 32) + mebibyte);
}

TEST(ImageFormat, GeometryOfZones) {
  const Header header = sample();  // conventional 0 and 1, capacity short of the size, a last zone of one block
  EXPECT_TRUE(header.conventional(0) && header.conventional(1));
  EXPECT_FALSE(header.conventional(2));
  const std::vector<std::uint64_t> lengths = {0x10000, 0x10000, 0x10000, 0x10000, 1};
  const std::vector<std::uint64_t> capacities = {0x10000, 0x10000, 0xc000, 0xc000, 1};
  for (ZoneIndex zone = 0; zone < header.zone_count; ++zone) {
    EXPECT_EQ(header.zone_length_blocks(zone), lengths[zone]) << zone;
    EXPECT_EQ(header.zone_capacity_of(zone), capacities[zone]) << zone;
    const Zone described = header.describe(zone, ZoneState{ZoneCondition::closed, 1});
    EXPECT_EQ(described.index, zone);
    EXPECT_EQ(described.type, zone < 2 ? ZoneType::conventional : ZoneType::sequential_required);
    EXPECT_EQ(described.condition, ZoneCondition::closed);
    EXPECT_EQ(described.start_lba, Lba{zone} * 0x10000);
    EXPECT_EQ(described.length_blocks, lengths[zone]);
    EXPECT_EQ(described.capacity_blocks, capacities[zone]);
    EXPECT_EQ(described.write_pointer_lba, Lba{zone} * 0x10000 + 1);
  }
  Header all_conventional = header;
  all_conventional.conventional_zones = 5;
  EXPECT_EQ(all_conventional.zone_capacity_of(4), 1U);
  Header longer_runt = header;
  longer_runt.capacity_blocks = 0x4'd000;
  EXPECT_EQ(longer_runt.zone_length_blocks(4), 0xd000U);
  EXPECT_EQ(longer_runt.zone_capacity_of(4), 0xc000U) << "the last zone is no exception to the capacity";
  EXPECT_EQ(header.file_size_bytes(), 0x10'0000U + 0x4'0001U * 512U);
}

struct NumberedCondition {
  ZoneCondition condition;
  std::uint64_t number;
};
const std::vector<NumberedCondition> numbered_conditions = {{ZoneCondition::not_write_pointer, 0},
                                                            {ZoneCondition::empty, 1},
                                                            {ZoneCondition::implicit_open, 2},
                                                            {ZoneCondition::explicit_open, 3},
                                                            {ZoneCondition::closed, 4},
                                                            {ZoneCondition::read_only, 13},
                                                            {ZoneCondition::full, 14},
                                                            {ZoneCondition::offline, 15}};

TEST(ImageFormat, TableWordsOfAllConditions) {
  constexpr std::uint64_t most = (std::uint64_t{1} << 36) - 1;
  EXPECT_EQ(written_blocks_max, most);
  for (const auto& [condition, number] : numbered_conditions) {
    for (const std::uint64_t written : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x1'2345'6789}, most}) {
      for (const std::uint64_t unsynced : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0xff'fffe}}) {
        if (unsynced > written) continue;
        const ZoneRecord record{condition, written, unsynced};
        EXPECT_EQ(pack(record), number << 60U | unsynced << 36U | written) << to_string(condition);
        const std::optional<ZoneRecord> back = unpack(pack(record), most);
        ASSERT_TRUE(back.has_value()) << to_string(condition);
        EXPECT_EQ(*back, record);
      }
    }
  }
}

TEST(ImageFormat, MoreUnsyncedBlocksThanAWordTellsAreAllOfThem) {
  for (const std::uint64_t unsynced : {std::uint64_t{0xff'ffff}, std::uint64_t{0x100'0000}, std::uint64_t{1} << 35U}) {
    const ZoneRecord record{ZoneCondition::closed, std::uint64_t{1} << 35U, unsynced};
    const std::optional<ZoneRecord> back = unpack(pack(record), written_blocks_max);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->unsynced_blocks, record.written_blocks);
    EXPECT_EQ(back->written_blocks, record.written_blocks);
  }
}

TEST(ImageFormat, AFinishedZoneIsFullWhateverWasWritten) {
  EXPECT_EQ((ZoneRecord{ZoneCondition::full, 3, 0}.state(12)), (ZoneState{ZoneCondition::full, 12}));
  EXPECT_EQ((ZoneRecord{ZoneCondition::closed, 3, 1}.state(12)), (ZoneState{ZoneCondition::closed, 3}));
}

TEST(ImageFormat, FailuresThatAreToldByAByte) {
  for (const auto& [condition, number] : numbered_conditions) {
    const bool failure = condition == ZoneCondition::read_only || condition == ZoneCondition::offline;
    const std::byte byte{pack_failure(condition)};
    EXPECT_EQ(unpack_failure(byte), failure ? std::optional(condition) : std::nullopt) << to_string(condition);
    const ZoneState failed = fail({ZoneCondition::closed, 5}, byte);
    EXPECT_EQ(failed, (ZoneState{failure ? condition : ZoneCondition::closed, 5})) << to_string(condition);
  }
  EXPECT_EQ(pack_failure(std::nullopt), 0);
  EXPECT_EQ(fail({ZoneCondition::offline, 5}, std::byte{pack_failure(ZoneCondition::read_only)}).condition,
            ZoneCondition::offline)
      << "what is offline stays so";
}

TEST(ImageFormat, TableWordsThatNoZoneHas) {
  for (std::uint64_t number = 0; number < 16; ++number) {
    const bool known = std::any_of(numbered_conditions.begin(), numbered_conditions.end(),
                                   [number](const NumberedCondition& known_one) { return known_one.number == number; });
    EXPECT_EQ(unpack(number << 60U, 8).has_value(), known) << number;
    EXPECT_EQ(unpack(number << 60U | 8U, 8).has_value(), known) << number;
    EXPECT_FALSE(unpack(number << 60U | 9U, 8).has_value()) << number << ": beyond the capacity";
  }
}

}  // namespace
}  // namespace zonecopy::image
