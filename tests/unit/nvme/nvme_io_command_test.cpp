// I/O commands as a controller gets them: dwords worked out by hand, and what the builders make, decoded again.
#include "src/nvme/io_command.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "src/nvme/copy_format.h"

namespace zonecopy::nvme {
namespace {

constexpr Lba high_lba = 0x0123456789abcdef;

Target wide_target() {
  Target target;
  target.nsid = 7;
  target.block_size_bytes = 4096;
  target.size_blocks = ~std::uint64_t{0};
  target.zone_size_blocks = 1;
  target.command_max_bytes = ~std::uint32_t{0};
  target.append_max_bytes = ~std::uint32_t{0};
  target.zeroes_max_bytes = ~std::uint32_t{0};
  return target;
}

TEST(NvmeIoCommand, FieldsOfATransfer) {
  Command command;
  command.opcode = 0x01;
  command.cdw10 = 0x89abcdef;
  command.cdw11 = 0x01234567;
  command.cdw12 = 0x4010'ffff;  // FUA, DTYPE 1, NLB 65535
  const BlockCommand decoded = decode_block_command(command);
  EXPECT_EQ(decoded.start_lba, high_lba);
  EXPECT_EQ(decoded.blocks, 65536U);
  EXPECT_TRUE(decoded.force_unit_access);
  EXPECT_EQ(decoded.directive_type, 1U);

  command.cdw12 = 0x3c0f'0000;  // PRINFO and reserved bits, which are none of these fields
  const BlockCommand smallest = decode_block_command(command);
  EXPECT_EQ(smallest.blocks, 1U);
  EXPECT_FALSE(smallest.force_unit_access);
  EXPECT_EQ(smallest.directive_type, 0U);
}

TEST(NvmeIoCommand, BuiltTransfersAreDecoded) {
  const Target target = wide_target();
  for (const std::size_t blocks : {1U, 2U, 255U, 256U, 300U}) {
    std::vector<std::byte> data(blocks * 4096);
    for (const Lba lba : {Lba{0}, Lba{1}, Lba{0xffffffff}, Lba{0x100000000}, high_lba}) {
      const std::vector<Result<Command>> built = {read(target, lba, data), write(target, lba, data),
                                                  zone_append(target, lba, data), write_zeroes(target, lba, blocks)};
      for (const Result<Command>& command : built) {
        ASSERT_TRUE(command.ok()) << command.error().to_string();
        const BlockCommand decoded = decode_block_command(*command);
        EXPECT_EQ(decoded.start_lba, lba);
        EXPECT_EQ(decoded.blocks, blocks);
        EXPECT_FALSE(decoded.force_unit_access);
        EXPECT_EQ(decoded.directive_type, 0U);
      }
    }
  }
}

TEST(NvmeIoCommand, ZoneManagementSend) {
  struct Row {
    std::uint32_t cdw13;
    std::uint8_t action;
    bool all_zones;
    bool random_write_area;
  };
  const Row rows[] = {{0x001, 1, false, false},        {0x102, 2, true, false}, {0x203, 3, false, true},
                      {0xfffffcff, 255, false, false}, {0x310, 16, true, true}, {0x000, 0, false, false}};
  for (const Row& row : rows) {
    Command command;
    command.cdw10 = 5;
    command.cdw11 = 1;
    command.cdw13 = row.cdw13;
    const ZoneSend decoded = decode_zone_send(command);
    EXPECT_EQ(decoded.start_lba, 0x100000005U);
    EXPECT_EQ(decoded.action, row.action) << row.cdw13;
    EXPECT_EQ(decoded.all_zones, row.all_zones) << row.cdw13;
    EXPECT_EQ(decoded.random_write_area, row.random_write_area) << row.cdw13;
  }
}

TEST(NvmeIoCommand, BuiltZoneActionsAreDecoded) {
  for (const ZoneAction action : {ZoneAction::open, ZoneAction::close, ZoneAction::finish, ZoneAction::reset}) {
    const Result<Command> command = zone_management_send(wide_target(), high_lba, action);
    ASSERT_TRUE(command.ok());
    const ZoneSend decoded = decode_zone_send(*command);
    EXPECT_EQ(decoded.start_lba, high_lba);
    EXPECT_EQ(zone_action(decoded.action), action);
    EXPECT_FALSE(decoded.all_zones);
  }
  int known = 0;
  for (unsigned value = 0; value < 256; ++value) known += zone_action(static_cast<std::uint8_t>(value)) ? 1 : 0;
  EXPECT_EQ(known, 4);
}

TEST(NvmeIoCommand, ZoneManagementReceive) {
  Command command;
  command.cdw10 = 0x10;
  command.cdw12 = 0xffffffff;
  command.cdw13 = 0x0001'0601;
  const ZoneReceive decoded = decode_zone_receive(command);
  EXPECT_EQ(decoded.start_lba, 0x10U);
  EXPECT_EQ(decoded.length_bytes, std::uint64_t{1} << 34);
  EXPECT_EQ(decoded.action, 1U);
  EXPECT_EQ(decoded.filter, 6U);
  EXPECT_TRUE(decoded.partial);

  std::vector<std::byte> data(64 + 64 * 3);
  const Result<Command> built = zone_report(wide_target(), high_lba, data);
  ASSERT_TRUE(built.ok());
  const ZoneReceive again = decode_zone_receive(*built);
  EXPECT_EQ(again.start_lba, high_lba);
  EXPECT_EQ(again.length_bytes, data.size());
  EXPECT_EQ(again.action, 0U);
  EXPECT_EQ(again.filter, 0U);
  EXPECT_TRUE(again.partial);
}

TEST(NvmeIoCommand, Copy) {
  Command command;
  command.cdw10 = 0x89abcdef;
  command.cdw11 = 0x01234567;
  command.cdw12 = 0x4000'0202;  // 3 ranges, format 2, FUA
  CopyHeader decoded = decode_copy(command);
  EXPECT_EQ(decoded.destination_lba, high_lba);
  EXPECT_EQ(decoded.ranges, 3U);
  EXPECT_EQ(decoded.format, 2U);
  EXPECT_TRUE(decoded.force_unit_access);
  command.cdw12 = 0x0020'f0ff;  // 256 ranges, format 0, DTYPE 2, PRINFOR
  decoded = decode_copy(command);
  EXPECT_EQ(decoded.ranges, 256U);
  EXPECT_EQ(decoded.format, 0U);
  EXPECT_EQ(decoded.directive_type, 2U);
  EXPECT_FALSE(decoded.force_unit_access);
}

TEST(NvmeIoCommand, SourceRangesByHand) {
  std::vector<std::byte> list(64);
  const unsigned char first[32] = {0x0a, 0,    0,    0,    0xff, 0xff, 0xff, 0xff,  // SNSID, reserved
                                   0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01,
                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};  // NLB, reserved, SOPT without FCO
  const unsigned char second[32] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x80};
  std::memcpy(list.data(), first, 32);
  std::memcpy(list.data() + 32, second, 32);
  const std::vector<CopySource> sources = decode_copy_sources(list);
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0].nsid, 10U);
  EXPECT_EQ(sources[0].start_lba, high_lba);
  EXPECT_EQ(sources[0].blocks, 65536U);
  EXPECT_FALSE(sources[0].fast_copy_only);
  EXPECT_EQ(sources[1].nsid, 0U);
  EXPECT_EQ(sources[1].start_lba, 1U);
  EXPECT_EQ(sources[1].blocks, 1U);
  EXPECT_TRUE(sources[1].fast_copy_only);
  EXPECT_TRUE(decode_copy_sources(std::span(list).first(31)).empty());
}

TEST(NvmeIoCommand, BuiltCopiesAreDecoded) {
  Target target = wide_target();
  target.zone_size_blocks = std::uint64_t{1} << 40;
  Target source = target;
  source.nsid = 9;
  const CopyLimits limits{256, 65536, ~std::uint32_t{0}};
  for (const std::uint32_t count : {1U, 2U, 255U, 256U}) {
    CopyCommand command{high_lba, {}};
    for (std::uint32_t i = 0; i < count; ++i)
      command.ranges.push_back(CopyRange{Lba{i} << 33, i % 2 == 0 ? 1U : 65536U});
    for (const bool across : {false, true}) {
      const Result<Copy> built = across ? copy_across(target, source, limits, command) : copy(target, limits, command);
      ASSERT_TRUE(built.ok()) << built.error().to_string();
      const CopyHeader header = decode_copy(built->command);
      EXPECT_EQ(header.destination_lba, high_lba);
      EXPECT_EQ(header.ranges, count);
      EXPECT_EQ(header.format, static_cast<std::uint8_t>(across ? CopyFormat::across : CopyFormat::within));
      const std::vector<CopySource> sources = decode_copy_sources(std::as_bytes(std::span(built->ranges)));
      ASSERT_EQ(sources.size(), count);
      for (std::uint32_t i = 0; i < count; ++i) {
        EXPECT_EQ(sources[i].nsid, across ? 9U : 0U);
        EXPECT_EQ(sources[i].start_lba, command.ranges[i].start_lba);
        EXPECT_EQ(sources[i].blocks, command.ranges[i].blocks);
      }
    }
  }
}

}  // namespace
}  // namespace zonecopy::nvme
