// Identify data laid out by hand, byte by byte at the offsets of the standards.
#include "src/nvme/identify.h"

#include <gtest/gtest.h>

#include <array>
#include <initializer_list>

namespace zonecopy::nvme {
namespace {

using Page = std::array<std::byte, identify_size_bytes>;

/// A page of `background` with `bytes` at `offset`.
struct PageOf {
  Page bytes{};

  explicit PageOf(unsigned background = 0) { bytes.fill(std::byte(background)); }
  PageOf& at(std::size_t offset, std::initializer_list<unsigned> values) {
    for (const unsigned value : values) bytes[offset++] = std::byte(value);
    return *this;
  }
};

TEST(NvmeIdentify, Controller) {
  PageOf page;
  page.at(77, {5}).at(520, {0x00, 0x01}).at(525, {0x01}).at(534, {0x03, 0x80});
  const Controller controller = decode_controller(page.bytes);
  EXPECT_EQ(controller.mdts, 5);
  EXPECT_EQ(controller.max_transfer_bytes(), 131072U);
  EXPECT_TRUE(controller.copy_supported);
  EXPECT_FALSE(controller.write_zeroes_supported);
  page.at(520, {0x08, 0x00});
  EXPECT_TRUE(decode_controller(page.bytes).write_zeroes_supported);
  EXPECT_FALSE(decode_controller(page.bytes).copy_supported);
  EXPECT_TRUE(controller.volatile_write_cache);
  EXPECT_EQ(controller.copy_formats, 0x8003);
}

TEST(NvmeIdentify, ControllerReadsNothingElse) {
  // Everything set but what is looked at.
  PageOf page(0xff);
  page.at(77, {0}).at(520, {0xf7, 0xfe}).at(525, {0xfe}).at(534, {0, 0});
  const Controller controller = decode_controller(page.bytes);
  EXPECT_EQ(controller.mdts, 0);
  EXPECT_EQ(controller.max_transfer_bytes(), 0U) << "no limit";
  EXPECT_FALSE(controller.copy_supported);
  EXPECT_FALSE(controller.write_zeroes_supported);
  EXPECT_FALSE(controller.volatile_write_cache);
  EXPECT_EQ(controller.copy_formats, 0);
}

TEST(NvmeIdentify, LargestTransfer) {
  Controller controller;
  controller.mdts = 1;
  EXPECT_EQ(controller.max_transfer_bytes(), 8192U);
  controller.mdts = 51;
  EXPECT_EQ(controller.max_transfer_bytes(), std::uint64_t{1} << 63);
  for (const unsigned mdts : {52U, 255U}) {
    controller.mdts = static_cast<std::uint8_t>(mdts);
    EXPECT_EQ(controller.max_transfer_bytes(), 0U) << "beyond all memory is no limit";
  }
}

TEST(NvmeIdentify, Namespace) {
  PageOf page;
  page.at(0, {0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11});  // NSZE
  page.at(25, {0x02}).at(26, {0x01});                            // NLBAF, FLBAS
  page.at(74, {0x80, 0x01});                                     // MSSRL
  page.at(76, {0x00, 0x10, 0x02, 0x03});                         // MCL
  page.at(80, {0x1f});                                           // MSRC
  page.at(128, {8, 0, 9, 0}).at(132, {0, 0, 12, 0}).at(136, {0x34, 0x12, 9, 0});
  const Namespace space = decode_namespace(page.bytes);
  EXPECT_EQ(space.size_blocks, 0x1122334455667788U);
  EXPECT_EQ(space.format_index, 1);
  EXPECT_EQ(space.block_size_bytes, 4096U);
  EXPECT_EQ(space.metadata_bytes, 0);
  EXPECT_EQ(space.mssrl, 0x180);
  EXPECT_EQ(space.mcl, 0x03021000U);
  EXPECT_EQ(space.msrc, 31);
  EXPECT_EQ(space.copy_limits(), (CopyLimits{32, 0x180, 0x03021000}));
  EXPECT_FALSE(space.write_protected);
  page.at(99, {0x01});  // NSATTR
  EXPECT_TRUE(decode_namespace(page.bytes).write_protected);
  page.at(99, {0xfe});
  EXPECT_FALSE(decode_namespace(page.bytes).write_protected);

  page.at(26, {0x02});
  const Namespace with_metadata = decode_namespace(page.bytes);
  EXPECT_EQ(with_metadata.block_size_bytes, 512U);
  EXPECT_EQ(with_metadata.metadata_bytes, 0x1234);
}

TEST(NvmeIdentify, FormatIndexHasTwoParts) {
  PageOf page;
  page.at(128 + 4 * 0x25, {0, 0, 12, 0});
  page.at(26, {0x45});  // bits 6:5 are 10, bits 3:0 are 5
  EXPECT_EQ(decode_namespace(page.bytes).format_index, 0x25);
  EXPECT_EQ(decode_namespace(page.bytes).block_size_bytes, 4096U);
  page.at(26, {0xff}).at(128 + 4 * 63, {0, 0, 9, 0});
  EXPECT_EQ(decode_namespace(page.bytes).format_index, 63) << "bit 4 is about metadata, bit 7 is reserved";
  EXPECT_EQ(decode_namespace(page.bytes).block_size_bytes, 512U);
}

TEST(NvmeIdentify, BlockSizesThatAreNone) {
  for (const unsigned exponent : {0U, 32U, 64U, 255U}) {
    PageOf page;
    page.at(128, {0, 0, exponent, 0});
    EXPECT_EQ(decode_namespace(page.bytes).block_size_bytes, 0U) << exponent;
  }
  PageOf page;
  page.at(128, {0, 0, 31, 0});
  EXPECT_EQ(decode_namespace(page.bytes).block_size_bytes, 1U << 31);
}

TEST(NvmeIdentify, CopyLimitsOfZero) {
  Namespace space;
  space.msrc = 127;
  EXPECT_EQ(space.copy_limits(), CopyLimits{});
  space.mssrl = 128;
  EXPECT_EQ(space.copy_limits(), CopyLimits{}) << "MCL 0";
  space.mssrl = 0;
  space.mcl = 128;
  EXPECT_EQ(space.copy_limits(), CopyLimits{}) << "MSSRL 0";
  EXPECT_FALSE(space.copy_limits().available());
}

TEST(NvmeIdentify, CopyLimitsSmallestAndLargest) {
  Namespace space;
  space.mssrl = 1;
  space.mcl = 1;
  space.msrc = 0;
  EXPECT_EQ(space.copy_limits(), (CopyLimits{1, 1, 1}));
  space.mssrl = 0xffff;
  space.mcl = 0xffffffff;
  space.msrc = 0xff;
  EXPECT_EQ(space.copy_limits(), (CopyLimits{256, 65535, 0xffffffff}));
}

TEST(NvmeIdentify, ZonedNamespace) {
  PageOf page;
  page.at(0, {0x01, 0x00});              // ZOC
  page.at(2, {0x01, 0x00});              // OZCS
  page.at(4, {0x05, 0x00, 0x00, 0x01});  // MAR
  page.at(8, {0x03, 0x00, 0x00, 0x00});  // MOR
  page.at(2816, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
  page.at(2832, {0x00, 0x00, 0x08, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01});  // ZSZE, ZDES
  const ZonedNamespace space = decode_zoned_namespace(page.bytes, 1);
  EXPECT_TRUE(space.variable_zone_capacity);
  EXPECT_TRUE(space.read_across_zones);
  EXPECT_EQ(space.limits.max_active_zones, 0x01000006U);
  EXPECT_EQ(space.limits.max_open_zones, 4U);
  EXPECT_EQ(space.zone_size_blocks, 0x200080000U);
}

TEST(NvmeIdentify, ZonedNamespaceReadsNothingElse) {
  PageOf page(0xff);
  page.at(0, {0xfe, 0xff}).at(2, {0xfe, 0xff});
  page.at(2816 + 16 * 63, {1, 0, 0, 0, 0, 0, 0, 0});
  const ZonedNamespace space = decode_zoned_namespace(page.bytes, 63);
  EXPECT_FALSE(space.variable_zone_capacity);
  EXPECT_FALSE(space.read_across_zones);
  EXPECT_EQ(space.zone_size_blocks, 1U);
}

TEST(NvmeIdentify, ResourceLimits) {
  const auto limits = [](unsigned first, unsigned rest) {
    PageOf page;
    page.at(4, {first, rest, rest, rest}).at(8, {first, rest, rest, rest});
    const ResourceLimits decoded = decode_zoned_namespace(page.bytes, 0).limits;
    EXPECT_EQ(decoded.max_active_zones, decoded.max_open_zones);
    return decoded.max_open_zones;
  };
  EXPECT_EQ(limits(0xff, 0xff), 0U) << "no limit";
  EXPECT_EQ(limits(0xfe, 0xff), 0xffffffffU);
  EXPECT_EQ(limits(0, 0), 1U);
}

TEST(NvmeIdentify, Zasl) {
  PageOf page(0xff);
  page.at(0, {5});
  EXPECT_EQ(decode_zasl(page.bytes), 5);
  page.at(0, {0});
  EXPECT_EQ(decode_zasl(page.bytes), 0);
}

TEST(NvmeIdentify, Wzsl) {
  PageOf page(0xff);
  page.at(1, {5});
  EXPECT_EQ(decode_wzsl(page.bytes), 5);
  page.at(1, {0});
  EXPECT_EQ(decode_wzsl(page.bytes), 0);
}

TEST(NvmeIdentify, LargestWriteZeroes) {
  struct Row {
    bool supported;
    unsigned mdts;
    unsigned wzsl;
    std::uint32_t max_bytes;
  };
  constexpr std::uint32_t most = 32U << 20;
  const Row rows[] = {
      {false, 5, 5, 0},     {false, 0, 0, 0},     {true, 0, 0, most},    // no limit at all
      {true, 5, 0, 131072},                                              // none of its own: MDTS
      {true, 5, 6, 262144}, {true, 6, 5, 131072},                        // its own
      {true, 0, 1, 8192},   {true, 0, 13, most},  {true, 0, 14, most},   // 32 and 64 MiB
      {true, 5, 52, most},  {true, 5, 255, most}, {true, 255, 0, most},  // more than all memory
  };
  for (const Row& row : rows) {
    Controller controller;
    controller.write_zeroes_supported = row.supported;
    controller.mdts = static_cast<std::uint8_t>(row.mdts);
    EXPECT_EQ(write_zeroes_max_bytes(controller, static_cast<std::uint8_t>(row.wzsl)), row.max_bytes)
        << "MDTS " << row.mdts << ", WZSL " << row.wzsl;
  }
}

TEST(NvmeIdentify, WhyThereIsNoCopy) {
  struct Row {
    Controller controller;
    Namespace space;
    std::string why;
  };
  const auto controller = [](bool copy, std::uint16_t formats) {
    Controller made;
    made.copy_supported = copy;
    made.copy_formats = formats;
    return made;
  };
  const auto space = [](std::uint16_t mssrl, std::uint32_t mcl, std::uint8_t msrc) {
    Namespace made;
    made.mssrl = mssrl;
    made.mcl = mcl;
    made.msrc = msrc;
    return made;
  };
  const std::string limits = "the namespace announces limits that leave no Copy ";
  const Row rows[] = {
      {controller(true, 1), space(128, 128, 127), ""},
      {controller(true, 0xf), space(1, 1, 0), ""},  // MSRC is 0-based: one range
      {controller(false, 1), space(128, 128, 127), "the controller does not have the Copy command (ONCS)"},
      {controller(true, 0), space(128, 128, 127), "the controller takes no source ranges of format 0 (OCFS 0x0)"},
      {controller(true, 0xe), space(128, 128, 127), "the controller takes no source ranges of format 0 (OCFS 0xe)"},
      {controller(true, 1), space(0, 128, 127), limits + "(MSSRL 0, MCL 128, MSRC 127)"},
      {controller(true, 1), space(128, 0, 0), limits + "(MSSRL 128, MCL 0, MSRC 0)"},
  };
  for (const Row& row : rows) EXPECT_EQ(why_no_copy(row.controller, row.space), row.why);
}

Namespace space_of(std::uint32_t block_size_bytes, std::uint16_t mssrl, std::uint32_t mcl, std::uint8_t msrc) {
  Namespace made;
  made.block_size_bytes = block_size_bytes;
  made.mssrl = mssrl;
  made.mcl = mcl;
  made.msrc = msrc;
  return made;
}

TEST(NvmeIdentify, WhyThereIsNoCopyAcrossNamespaces) {
  struct Row {
    bool supported;
    std::uint16_t formats;
    Namespace destination;
    Namespace source;
    std::string why;
  };
  const Namespace usual = space_of(4096, 128, 1024, 15);
  const Row rows[] = {
      {true, 0x4, usual, usual, ""},
      {true, 0xf, usual, space_of(4096, 1, 0, 0), ""},  // of the source only MSSRL counts
      {false, 0xf, usual, usual, "the controller does not have the Copy command (ONCS)"},
      {true, 0xb, usual, usual, "the controller takes no source ranges of format 2 (OCFS 0xb)"},
      {true, 0xf, usual, space_of(512, 128, 1024, 15), "the namespaces have blocks of 512 and 4096 bytes"},
      {true, 0xf, usual, space_of(4096, 0, 1024, 15),
       "the namespace of the source announces ranges of no length (MSSRL 0)"},
      {true, 0xf, space_of(4096, 128, 0, 15), usual,
       "the namespace announces limits that leave no Copy (MSSRL 128, MCL 0, MSRC 15)"},
  };
  for (const Row& row : rows) {
    Controller controller;
    controller.copy_supported = row.supported;
    controller.copy_formats = row.formats;
    EXPECT_EQ(why_no_copy_across(controller, row.destination, row.source), row.why);
  }
}

TEST(NvmeIdentify, CopyLimitsAcrossNamespaces) {
  const Namespace wide = space_of(4096, 256, 1024, 15);
  const Namespace narrow = space_of(4096, 7, 13, 1);
  EXPECT_EQ(copy_limits_across(wide, narrow), (CopyLimits{16, 7, 1024}));
  EXPECT_EQ(copy_limits_across(narrow, wide), (CopyLimits{2, 7, 13}));
  EXPECT_EQ(copy_limits_across(wide, space_of(4096, 0, 13, 1)), CopyLimits{});
  EXPECT_EQ(copy_limits_across(space_of(4096, 7, 0, 1), wide), CopyLimits{}) << "the destination has no Copy at all";
}

TEST(NvmeIdentify, ShortDataReadsAsZeros) {
  EXPECT_EQ(decode_zasl({}), 0);
  EXPECT_FALSE(decode_controller({}).copy_supported);
  EXPECT_EQ(decode_namespace({}).block_size_bytes, 0U);
  PageOf page(0xff);
  const Namespace space = decode_namespace(std::span(page.bytes).first(78));
  EXPECT_EQ(space.mcl, 0xffffU) << "cut in the middle";
  EXPECT_EQ(space.block_size_bytes, 0U);
  EXPECT_EQ(decode_zoned_namespace(std::span(page.bytes).first(2816), 0).zone_size_blocks, 0U);
  EXPECT_EQ(decode_zoned_namespace(page.bytes, 255).zone_size_blocks, 0U) << "a format beyond the page";
}

}  // namespace
}  // namespace zonecopy::nvme
