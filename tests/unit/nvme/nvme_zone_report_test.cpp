// Zone reports laid out by hand, good ones and all the ways in which one can be no report.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "src/nvme/zone_report.h"

namespace zonecopy::nvme {
namespace {

constexpr std::uint64_t zone_size = 0x1000;
constexpr std::uint64_t capacity = 0xc00;
constexpr std::uint64_t all_ones = ~std::uint64_t{0};

using Bytes = std::vector<std::byte>;

void put(Bytes& bytes, std::size_t offset, std::uint64_t value, std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) bytes[offset + i] = std::byte(value >> (8 * i) & 0xff);
}

/// The bytes of a descriptor, as ZNS 1.1 has them.
struct Descriptor {
  std::uint8_t type = 0x02;
  std::uint8_t state = 0x10;
  std::uint64_t zcap = capacity;
  std::uint64_t zslba = 0;
  std::uint64_t wp = 0;
};

Bytes report(const std::vector<Descriptor>& descriptors) {
  Bytes bytes(64 + 64 * descriptors.size(), std::byte{0});
  put(bytes, 0, descriptors.size(), 8);
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    const std::size_t offset = 64 + 64 * i;
    put(bytes, offset + 0, descriptors[i].type, 1);
    put(bytes, offset + 1, descriptors[i].state, 1);
    put(bytes, offset + 2, 0x85, 1);  // attributes, which say nothing to us
    put(bytes, offset + 8, descriptors[i].zcap, 8);
    put(bytes, offset + 16, descriptors[i].zslba, 8);
    put(bytes, offset + 24, descriptors[i].wp, 8);
  }
  return bytes;
}

/// The one zone of a report; a failed test if there is none.
Zone only(const Descriptor& descriptor) {
  const Result<std::vector<Zone>> zones = decode_zone_report(report({descriptor}), zone_size);
  if (!zones || zones->size() != 1) {
    ADD_FAILURE() << (zones ? "not one zone" : zones.error().to_string());
    return {};
  }
  return zones->front();
}

std::string refusal(const Bytes& bytes, std::uint64_t zone_size_blocks = zone_size) {
  const Result<std::vector<Zone>> zones = decode_zone_report(bytes, zone_size_blocks);
  if (zones) return "accepted";
  EXPECT_EQ(zones.error().code(), EIO);
  EXPECT_EQ(zones.error().operation(), "report zones");
  return zones.error().to_string();
}

std::string zone_refusal(const Descriptor& descriptor) { return refusal(report({descriptor})); }

TEST(NvmeZoneReport, EveryState) {
  const std::vector<Descriptor> descriptors = {
      {.state = 0x10, .zslba = 0x3000, .wp = 0x3000},   {.state = 0x20, .zslba = 0x4000, .wp = 0x4001},
      {.state = 0x30, .zslba = 0x5000, .wp = 0x5000},   {.state = 0x40, .zslba = 0x6000, .wp = 0x6bff},
      {.state = 0xd0, .zslba = 0x7000, .wp = all_ones}, {.state = 0xe0, .zslba = 0x8000, .wp = all_ones},
      {.state = 0xf0, .zslba = 0x9000, .wp = all_ones},
  };
  const std::vector<ZoneCondition> conditions = {
      ZoneCondition::empty,     ZoneCondition::implicit_open, ZoneCondition::explicit_open, ZoneCondition::closed,
      ZoneCondition::read_only, ZoneCondition::full,          ZoneCondition::offline};
  const Result<std::vector<Zone>> zones = decode_zone_report(report(descriptors), zone_size);
  ASSERT_TRUE(zones) << zones.error().to_string();
  ASSERT_EQ(zones->size(), conditions.size());
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const Zone& zone = (*zones)[i];
    EXPECT_EQ(zone.index, 3 + i);
    EXPECT_EQ(zone.type, ZoneType::sequential_required);
    EXPECT_EQ(zone.condition, conditions[i]);
    EXPECT_EQ(zone.start_lba, descriptors[i].zslba);
    EXPECT_EQ(zone.length_blocks, zone_size);
    EXPECT_EQ(zone.capacity_blocks, capacity);
    const bool knows_pointer = i < 4;
    EXPECT_EQ(zone.write_pointer_lba, knows_pointer ? descriptors[i].wp : zone.end_lba()) << i;
  }
}

TEST(NvmeZoneReport, WritePointerOfAFullZoneIsWhateverItIs) {
  for (const std::uint64_t wp : {all_ones, std::uint64_t{0}, std::uint64_t{0x2000}, std::uint64_t{0x1c00}}) {
    for (const unsigned state : {0xd0U, 0xe0U, 0xf0U}) {
      const Zone zone = only({.state = static_cast<std::uint8_t>(state), .zslba = 0x1000, .wp = wp});
      EXPECT_EQ(zone.write_pointer_lba, 0x1c00U) << state << " " << wp;
    }
  }
}

TEST(NvmeZoneReport, NumbersAreLittleEndian) {
  Bytes bytes = report({{.state = 0x20}});
  const std::vector<unsigned> descriptor = {2,    0x20, 0,    0,    0,    0,    0,    0,      //
                                            0x78, 0x56, 0x34, 0x12, 0,    0,    0,    0,      // ZCAP
                                            0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00,   // ZSLBA
                                            0x04, 0x03, 0x02, 0x01, 0x02, 0x00, 0x00, 0x00};  // WP
  for (std::size_t i = 0; i < descriptor.size(); ++i) bytes[64 + i] = std::byte(descriptor[i]);
  const Result<std::vector<Zone>> zones = decode_zone_report(bytes, 0x20000000);
  ASSERT_TRUE(zones) << zones.error().to_string();
  EXPECT_EQ(zones->front().capacity_blocks, 0x12345678U);
  EXPECT_EQ(zones->front().start_lba, 0x200000000U);
  EXPECT_EQ(zones->front().write_pointer_lba, 0x201020304U);
  EXPECT_EQ(zones->front().index, 16U);
}

TEST(NvmeZoneReport, ReservedHalvesOfBytesAreNotLookedAt) {
  const Zone zone = only({.type = 0xf2, .state = 0x4f, .zslba = 0x1000, .wp = 0x1800});
  EXPECT_EQ(zone.type, ZoneType::sequential_required);
  EXPECT_EQ(zone.condition, ZoneCondition::closed);
}

TEST(NvmeZoneReport, ZoneSizesNeedNotBePowersOfTwo) {
  const Bytes bytes = report({{.zcap = 1000, .zslba = 3000, .wp = 3000}, {.zcap = 1000, .zslba = 4000, .wp = 4000}});
  const Result<std::vector<Zone>> zones = decode_zone_report(bytes, 1000);
  ASSERT_TRUE(zones);
  EXPECT_EQ(zones->front().index, 3U);
  EXPECT_EQ(zones->back().index, 4U);
}

TEST(NvmeZoneReport, CountsWhatIsThere) {
  const Result<std::vector<Zone>> none = decode_zone_report(report({}), zone_size);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());

  Bytes bytes = report({{}, {.zslba = 0x1000, .wp = 0x1000}});
  put(bytes, 0, 1, 8);
  const Result<std::vector<Zone>> one = decode_zone_report(bytes, zone_size);
  ASSERT_TRUE(one);
  EXPECT_EQ(one->size(), 1U) << "what lies behind the counted ones is left from before";

  put(bytes, 0, all_ones, 8);
  const Result<std::vector<Zone>> two = decode_zone_report(bytes, zone_size);
  ASSERT_TRUE(two);
  EXPECT_EQ(two->size(), 2U) << "a drive that counts the zones that did not fit";
}

TEST(NvmeZoneReport, Truncated) {
  const Bytes whole = report({{}, {.zslba = 0x1000, .wp = 0x1000}});
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const Bytes bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    const Result<std::vector<Zone>> zones = decode_zone_report(bytes, zone_size);
    ASSERT_EQ(zones.ok(), length >= 64) << length;
    if (zones) {
      EXPECT_EQ(zones->size(), (length - 64) / 64) << length;
    }
  }
  EXPECT_EQ(refusal(Bytes(63)), "report zones: Input/output error: 63 bytes are no report");
}

TEST(NvmeZoneReport, CountedButNotWritten) {
  Bytes bytes = report({{}});
  bytes.resize(4096);
  put(bytes, 0, 2, 8);
  EXPECT_NE(refusal(bytes), "accepted");
}

TEST(NvmeZoneReport, UnknownTypes) {
  for (unsigned type = 0; type < 16; ++type) {
    const bool known = type == 2;
    EXPECT_EQ(zone_refusal({.type = static_cast<std::uint8_t>(type)}) == "accepted", known) << type;
  }
}

TEST(NvmeZoneReport, UnknownStates) {
  for (const unsigned state : {0x0U, 0x5U, 0x6U, 0x7U, 0x8U, 0x9U, 0xaU, 0xbU, 0xcU}) {
    EXPECT_NE(zone_refusal({.state = static_cast<std::uint8_t>(state << 4)}).find("unknown state"), std::string::npos)
        << state;
  }
}

TEST(NvmeZoneReport, StartsWhereNoneCan) {
  EXPECT_NE(zone_refusal({.zslba = 1, .wp = 1}), "accepted");
  EXPECT_NE(zone_refusal({.zslba = zone_size << 32, .wp = zone_size << 32}), "accepted") << "zone 2^32";
  EXPECT_NE(zone_refusal({.zslba = all_ones - 0xfff, .wp = all_ones - 0xfff}), "accepted");
  // The last zone that 64 bits hold would end at 0.
  const std::uint64_t huge = std::uint64_t{1} << 62;
  EXPECT_EQ(refusal(report({{.zcap = huge, .zslba = 2 * huge, .wp = 2 * huge}}), huge), "accepted");
  EXPECT_NE(refusal(report({{.zcap = huge, .zslba = 3 * huge, .wp = 3 * huge}}), huge), "accepted");
  EXPECT_NE(refusal(report({{}}), 0), "accepted") << "zones of no length";
}

TEST(NvmeZoneReport, Capacities) {
  EXPECT_EQ(zone_refusal({.zcap = zone_size}), "accepted");
  EXPECT_EQ(zone_refusal({.zcap = 1}), "accepted");
  EXPECT_NE(zone_refusal({.zcap = zone_size + 1}), "accepted");
  EXPECT_NE(zone_refusal({.state = 0xe0, .zcap = all_ones}), "accepted");
  EXPECT_NE(zone_refusal({.state = 0x10, .zcap = 0}), "accepted");
  EXPECT_EQ(zone_refusal({.state = 0xf0, .zcap = 0}), "accepted") << "an offline zone has nothing to write";
}

TEST(NvmeZoneReport, WritePointersOutsideTheirZone) {
  for (const unsigned state : {0x10U, 0x20U, 0x30U, 0x40U}) {
    const auto at = [state](std::uint64_t wp) {
      return zone_refusal(Descriptor{.state = static_cast<std::uint8_t>(state), .zslba = 0x1000, .wp = wp});
    };
    EXPECT_EQ(at(0x1000), "accepted");
    EXPECT_NE(at(0xfff), "accepted");
    EXPECT_NE(at(0x1c01), "accepted");
    EXPECT_NE(at(all_ones), "accepted");
    EXPECT_EQ(at(0x1001) == "accepted", state != 0x10) << "an empty zone has its pointer at its start";
    EXPECT_EQ(at(0x1c00) == "accepted", state != 0x10);
  }
  EXPECT_EQ(zone_refusal({.state = 0x20, .zslba = 0x1000, .wp = 0x1c01}),
            "report zones, zone 1: Input/output error: the zone is implicit-open and has its write pointer at 7169");
}

TEST(NvmeZoneReport, ZonesFollowEachOther) {
  const Descriptor zero = {};
  const Descriptor one = {.zslba = 0x1000, .wp = 0x1000};
  const Descriptor two = {.zslba = 0x2000, .wp = 0x2000};
  EXPECT_EQ(refusal(report({zero, one, two})), "accepted");
  EXPECT_NE(refusal(report({zero, two})), "accepted");
  EXPECT_NE(refusal(report({one, one})), "accepted");
  EXPECT_NE(refusal(report({two, one})), "accepted");
}

// ---- The other way: what a controller answers.

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  char digits[3];
  for (const std::byte byte : bytes) {
    std::snprintf(digits, sizeof digits, "%02x", std::to_integer<unsigned>(byte));
    text += digits;
  }
  return text;
}

Zone zone_in(ZoneCondition condition) {
  Zone zone;
  zone.index = 3;
  zone.condition = condition;
  zone.start_lba = 3 * zone_size;
  zone.length_blocks = zone_size;
  zone.capacity_blocks = capacity;
  zone.write_pointer_lba = 3 * zone_size;
  return zone;
}

TEST(NvmeZoneReportEncoder, HeaderAndDescriptorByHand) {
  Bytes bytes(64 + 64, std::byte{0xee});
  Zone zone = zone_in(ZoneCondition::closed);
  zone.write_pointer_lba = 0x3123;
  encode_zone_report_header(bytes, 0x0102030405060708);
  encode_zone_descriptor(bytes, 0, zone);
  EXPECT_EQ(hex(std::span(bytes).first(64)), "0807060504030201" + std::string(112, '0'));
  EXPECT_EQ(hex(std::span(bytes).subspan(64)),
            "0240000000000000"  // type 2, closed
            "000c000000000000"  // ZCAP
            "0030000000000000"  // ZSLBA
            "2331000000000000"  // WP
                + std::string(64, '0'));
}

TEST(NvmeZoneReportEncoder, EveryCondition) {
  struct Row {
    ZoneCondition condition;
    std::uint8_t state;
    std::uint8_t filter;
    bool has_write_pointer;
  };
  const Row rows[] = {{ZoneCondition::empty, 0x10, 1, true},         {ZoneCondition::implicit_open, 0x20, 2, true},
                      {ZoneCondition::explicit_open, 0x30, 3, true}, {ZoneCondition::closed, 0x40, 4, true},
                      {ZoneCondition::full, 0xe0, 5, false},         {ZoneCondition::read_only, 0xd0, 6, false},
                      {ZoneCondition::offline, 0xf0, 7, false}};
  for (const Row& row : rows) {
    Bytes bytes(64 + 64);
    encode_zone_report_header(bytes, 1);
    encode_zone_descriptor(bytes, 0, zone_in(row.condition));
    EXPECT_EQ(std::to_integer<unsigned>(bytes[65]), row.state);
    EXPECT_EQ(hex(std::span(bytes).subspan(64 + 24, 8)),
              row.has_write_pointer ? "0030000000000000" : "ffffffffffffffff");
    for (std::uint8_t filter = 0; filter < 9; ++filter) {
      EXPECT_EQ(zone_report_filter_matches(filter, row.condition), filter == 0 || filter == row.filter);
    }
    const Result<std::vector<Zone>> decoded = decode_zone_report(bytes, zone_size);
    ASSERT_TRUE(decoded.ok()) << decoded.error().to_string();
    ASSERT_EQ(decoded->size(), 1U);
    EXPECT_EQ(decoded->front().condition, row.condition);
    EXPECT_EQ(decoded->front().index, 3U);
    EXPECT_EQ(decoded->front().capacity_blocks, capacity);
  }
  EXPECT_TRUE(zone_report_filter_known(7));
  EXPECT_FALSE(zone_report_filter_known(8));
}

TEST(NvmeZoneReportEncoder, RoomForPartOfIt) {
  EXPECT_EQ(zone_descriptors_in(0), 0U);
  EXPECT_EQ(zone_descriptors_in(127), 0U);
  EXPECT_EQ(zone_descriptors_in(128), 1U);
  EXPECT_EQ(zone_descriptors_in(64 + 64 * 5 + 63), 5U);
  Bytes bytes(4);
  encode_zone_report_header(bytes, 0x0102030405060708);
  EXPECT_EQ(hex(bytes), "08070605");
}

}  // namespace
}  // namespace zonecopy::nvme
