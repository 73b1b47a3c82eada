// Every builder against dwords worked out by hand from the standards.
#include "src/nvme/command.h"

#include <gtest/gtest.h>
#include <linux/nvme_ioctl.h>

#include <bit>
#include <cstring>
#include <string>
#include <vector>

namespace zonecopy::nvme {
namespace {

constexpr std::uint32_t nsid = 7;
constexpr Lba high_lba = 0x0123456789abcdef;

/// A namespace in which every LBA of these tests exists, and starts a zone.
Target target_of(std::uint32_t block_size_bytes) {
  Target target;
  target.nsid = nsid;
  target.block_size_bytes = block_size_bytes;
  target.size_blocks = ~std::uint64_t{0};
  target.zone_size_blocks = 1;
  target.command_max_bytes = ~std::uint32_t{0};
  target.append_max_bytes = ~std::uint32_t{0};
  target.zeroes_max_bytes = ~std::uint32_t{0};
  return target;
}

/// The command as the kernel's own struct has it.
nvme_uring_cmd as_kernel(const Command& command) {
  static_assert(sizeof(nvme_uring_cmd) == sizeof(Command));
  return std::bit_cast<nvme_uring_cmd>(command);
}

/// Everything but the address of the data, in hexadecimal: "opcode nsid length: cdw10 to cdw15".
std::string golden(const Command& command) {
  const nvme_uring_cmd raw = as_kernel(command);
  EXPECT_EQ(raw.flags, 0);
  EXPECT_EQ(raw.rsvd1, 0);
  EXPECT_EQ(raw.cdw2, 0U);
  EXPECT_EQ(raw.cdw3, 0U);
  EXPECT_EQ(raw.metadata, 0U);
  EXPECT_EQ(raw.metadata_len, 0U);
  EXPECT_EQ(raw.timeout_ms, 0U);
  EXPECT_EQ(raw.rsvd2, 0U);
  char text[128];
  std::snprintf(text, sizeof text, "%02x %x %x: %08x %08x %08x %08x %08x %08x", raw.opcode, raw.nsid, raw.data_len,
                raw.cdw10, raw.cdw11, raw.cdw12, raw.cdw13, raw.cdw14, raw.cdw15);
  return text;
}

std::uint64_t address_of(const void* data) { return reinterpret_cast<std::uintptr_t>(data); }

std::string golden(const Result<Command>& command) { return command ? golden(*command) : command.error().to_string(); }

TEST(NvmeCommand, Read) {
  std::vector<std::byte> data(4096);
  const Result<Command> command = read(target_of(4096), 3, data);
  EXPECT_EQ(golden(command), "02 7 1000: 00000003 00000000 00000000 00000000 00000000 00000000");
  EXPECT_EQ(command->addr, address_of(data.data()));
  EXPECT_EQ(golden(read(target_of(512), high_lba, data)),
            "02 7 1000: 89abcdef 01234567 00000007 00000000 00000000 00000000");
}

TEST(NvmeCommand, Write) {
  const std::vector<std::byte> data(3 * 4096);
  Target target = target_of(4096);
  target.nsid = 0xfffffffe;
  const Result<Command> command = write(target, 0x100000000, data);
  EXPECT_EQ(golden(command), "01 fffffffe 3000: 00000000 00000001 00000002 00000000 00000000 00000000");
  EXPECT_EQ(command->addr, address_of(data.data()));
}

TEST(NvmeCommand, ZoneAppend) {
  const std::vector<std::byte> data(2 * 512);
  const Result<Command> command = zone_append(target_of(512), 0x200080000, data);
  EXPECT_EQ(golden(command), "7d 7 400: 00080000 00000002 00000001 00000000 00000000 00000000");
  EXPECT_EQ(command->addr, address_of(data.data()));
}

TEST(NvmeCommand, MostBlocksThereCanBe) {
  std::vector<std::byte> data(std::size_t{65536} * 512);
  const std::string rest = " 7 2000000: 00000000 00000000 0000ffff 00000000 00000000 00000000";
  EXPECT_EQ(golden(read(target_of(512), 0, data)), "02" + rest);
  EXPECT_EQ(golden(write(target_of(512), 0, data)), "01" + rest);
  EXPECT_EQ(golden(zone_append(target_of(512), 0, data)), "7d" + rest);
}

TEST(NvmeCommand, WriteZeroes) {
  const Result<Command> command = write_zeroes(target_of(4096), high_lba, 3);
  EXPECT_EQ(golden(command), "08 7 0: 89abcdef 01234567 00000002 00000000 00000000 00000000");
  EXPECT_EQ(command->addr, 0U);
  EXPECT_EQ(golden(write_zeroes(target_of(512), 1, 65536)),
            "08 7 0: 00000001 00000000 0000ffff 00000000 00000000 00000000");
}

TEST(NvmeCommand, Flush) {
  const Command command = flush(target_of(512));
  EXPECT_EQ(golden(command), "00 7 0: 00000000 00000000 00000000 00000000 00000000 00000000");
  EXPECT_EQ(command.addr, 0U);
}

TEST(NvmeCommand, ZoneManagementSend) {
  const std::string start = "79 7 0: 89abcdef 01234567 00000000 ";
  const std::string end = " 00000000 00000000";
  const Target target = target_of(512);
  EXPECT_EQ(golden(zone_management_send(target, high_lba, ZoneAction::close)), start + "00000001" + end);
  EXPECT_EQ(golden(zone_management_send(target, high_lba, ZoneAction::finish)), start + "00000002" + end);
  EXPECT_EQ(golden(zone_management_send(target, high_lba, ZoneAction::open)), start + "00000003" + end);
  EXPECT_EQ(golden(zone_management_send(target, high_lba, ZoneAction::reset)), start + "00000004" + end);
  EXPECT_EQ(zone_management_send(target, 0, ZoneAction::reset)->addr, 0U);
}

TEST(NvmeCommand, ZoneReport) {
  std::vector<std::byte> data(4096);
  const Target target = target_of(512);
  const Result<Command> command = zone_report(target, high_lba, data);
  EXPECT_EQ(golden(command), "7a 7 1000: 89abcdef 01234567 000003ff 00010000 00000000 00000000");
  EXPECT_EQ(command->addr, address_of(data.data()));
  EXPECT_EQ(golden(zone_report(target, 0, std::span(data).first(128))),
            "7a 7 80: 00000000 00000000 0000001f 00010000 00000000 00000000");
  EXPECT_EQ(golden(zone_report(target, 0, std::span(data).first(4))),
            "7a 7 4: 00000000 00000000 00000000 00010000 00000000 00000000");
}

constexpr CopyLimits widest = {256, 65536, ~std::uint32_t{0}};

/// One zone over all.
Target target_for_copies() {
  Target target = target_of(512);
  target.zone_size_blocks = target.size_blocks;
  return target;
}

/// The range list as the drive reads it, in hexadecimal, one range a line.
std::string range_bytes(const Copy& made) {
  std::string bytes;
  const auto all = std::as_bytes(std::span(made.ranges));
  for (std::size_t i = 0; i < all.size(); ++i) {
    char hex[4];
    std::snprintf(hex, sizeof hex, "%02x", std::to_integer<unsigned>(all[i]));
    bytes += hex;
    if (i % 32 == 31) bytes += '\n';
  }
  return bytes;
}

TEST(NvmeCommand, SourceRangeBytes) {
  const CopyCommand command{16, {{high_lba, 0x1235}, {5, 1}, {0, 65536}}};
  const Result<Copy> made = copy(target_for_copies(), widest, command);
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  ASSERT_EQ(made->ranges.size(), 3U);
  EXPECT_EQ(range_bytes(*made),
            //reserved        SLBA            NLB     reserved and tags
            "0000000000000000efcdab89674523013412000000000000"
            "0000000000000000\n"
            "000000000000000005000000000000000000000000000000"
            "0000000000000000\n"
            "00000000000000000000000000000000ffff000000000000"
            "0000000000000000\n");
}

TEST(NvmeCommand, SourceRangeBytesOfAnotherNamespace) {
  Target source = target_for_copies();
  source.nsid = 0x12345678;
  const CopyCommand command{high_lba, {{high_lba, 0x1235}, {5, 1}}};
  const Result<Copy> made = copy_across(target_for_copies(), source, widest, command);
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  EXPECT_EQ(range_bytes(*made),
            //SNSID   reserved SLBA            NLB     reserved and tags
            "7856341200000000efcdab89674523013412000000000000"
            "0000000000000000\n"
            "785634120000000005000000000000000000000000000000"
            "0000000000000000\n");
  EXPECT_EQ(golden(made->command), "19 7 40: 89abcdef 01234567 00000201 00000000 00000000 00000000")
      << "to the destination's namespace; format 2 in bits 11:8 of CDW12";
  EXPECT_EQ(made->command.addr, address_of(made->ranges.data()));
}

TEST(NvmeCommand, CopyOfThreeRanges) {
  const CopyCommand command{high_lba, {{16, 8}, {64, 1}, {32, 4}}};
  Result<Copy> made = copy(target_for_copies(), widest, command);
  const Copy moved = std::move(*made);
  EXPECT_EQ(golden(moved.command), "19 7 60: 89abcdef 01234567 00000002 00000000 00000000 00000000");
  EXPECT_EQ(moved.command.addr, address_of(moved.ranges.data()));
}

TEST(NvmeCommand, CopyOfOneRangeAndOfTheMostThereCanBe) {
  const CopyCommand one{0, std::vector<CopyRange>(1, {0, 1})};
  EXPECT_EQ(golden(copy(target_for_copies(), widest, one)->command),
            "19 7 20: 00000000 00000000 00000000 00000000 00000000 00000000");
  const CopyCommand most{0, std::vector<CopyRange>(256, {0, 1})};
  EXPECT_EQ(golden(copy(target_for_copies(), widest, most)->command),
            "19 7 2000: 00000000 00000000 000000ff 00000000 00000000 00000000");
}

TEST(NvmeCommand, Identify) {
  std::vector<std::byte> data(4096);
  const Result<Command> command = identify(nsid, 0x05, 0x02, data);
  EXPECT_EQ(golden(command), "06 7 1000: 00000005 02000000 00000000 00000000 00000000 00000000");
  EXPECT_EQ(command->addr, address_of(data.data()));
  EXPECT_EQ(golden(identify(0, 0x01, 0x00, data)), "06 0 1000: 00000001 00000000 00000000 00000000 00000000 00000000");
  EXPECT_EQ(golden(identify(nsid, 0xff, 0xff, data)),
            "06 7 1000: 000000ff ff000000 00000000 00000000 00000000 00000000");
  for (const std::size_t size : {std::size_t{0}, std::size_t{4095}}) {
    EXPECT_EQ(golden(identify(nsid, 0, 0, std::span(data).first(size))),
              "identify: Invalid argument: Identify returns 4096 bytes");
  }
}

TEST(NvmeCommand, Features) {
  std::vector<std::byte> data(512);
  const Command get = get_features(0x16, data);
  EXPECT_EQ(golden(get), "0a 0 200: 00000016 00000000 00000000 00000000 00000000 00000000");
  EXPECT_EQ(get.addr, address_of(data.data()));
  const Command set = set_features(0x16, data);
  EXPECT_EQ(golden(set), "09 0 200: 00000016 00000000 00000000 00000000 00000000 00000000");
  EXPECT_EQ(set.addr, address_of(data.data()));
}

}  // namespace
}  // namespace zonecopy::nvme
