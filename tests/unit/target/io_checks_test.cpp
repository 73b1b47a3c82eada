// What is refused before any data moves, field by field, and the data that a good command implies.
#include "src/target/io_checks.h"

#include <gtest/gtest.h>

#include <set>

#include "src/target/namespace_facts.h"
#include "tests/support/target/served_device.h"

namespace zonecopy::test {
namespace {

using target::DataDirection;
using target::describe_namespace;
using target::NamespaceFacts;
using target::Transfer;

/// 4 zones of 1024 blocks of 4 KiB.
NamespaceFacts facts() {
  NamespaceFacts made;
  made.block_size_bytes = 4096;
  made.size_blocks = 4096;
  made.zone_size_blocks = 1024;
  made.zone_count = 4;
  made.copy_limits = CopyLimits{16, 128, 1024};
  made.max_transfer_bytes = 1U << 20;
  made.max_append_bytes = 1U << 16;
  return made;
}

constexpr std::uint32_t directive = 1U << 20;

struct Row {
  const char* what;
  nvme::Command command;
  nvme::StatusCode status;
  DataDirection direction = DataDirection::none;
  std::uint32_t length_bytes = 0;
};

const DataDirection to_host = DataDirection::to_host;
const DataDirection to_controller = DataDirection::to_controller;

const Row rows[] = {
    {"read", read_command(0, 1), 0, to_host, 4096},
    {"the longest read", read_command(4096 - 256, 256), 0, to_host, 1U << 20},
    {"a read above MDTS", read_command(0, 257), 0x002},
    {"a read past the end", read_command(4095, 2), 0x080},
    {"a read behind the end", read_command(4096, 1), 0x080},
    {"a read at the highest LBA", read_command(~Lba{0}, 1), 0x080},
    {"a read across zones", read_command(1023, 2), 0, to_host, 8192},
    {"a read with bits of a directive, which it does not have", make_command(0x02, 0, directive), 0, to_host, 4096},
    {"a read with FUA", make_command(0x02, 0, force_unit_access), 0, to_host, 4096},
    {"write", write_command(5, 256), 0, to_controller, 1U << 20},
    {"a write above MDTS", write_command(0, 257), 0x002},
    {"a write past the end", write_command(4095, 2), 0x080},
    {"a write with a directive", make_command(0x01, 0, directive), 0x002},
    {"append", append_command(1024, 16), 0, to_controller, 1U << 16},
    {"an append above ZASL", append_command(1024, 17), 0x002},
    {"an append to the middle of a zone", append_command(1025, 1), 0x002},
    {"an append to no zone", append_command(4096, 1), 0x080},
    {"an append with a directive", make_command(0x7d, 1024, directive), 0x002},
    {"write zeroes, 65536 blocks of too few", zeroes_command(0, 65536), 0x080},
    {"write zeroes", zeroes_command(0, 4096), 0},
    {"write zeroes with a directive", make_command(0x08, 0, directive), 0x002},
    {"write zeroes, to be deallocated", make_command(0x08, 0, 1U << 25), 0},
    {"flush", make_command(0x00, 0), 0},
    {"open", manage_command(1024, 3), 0},
    {"close", manage_command(1024, 1), 0},
    {"finish", manage_command(1024, 2), 0},
    {"reset", manage_command(3072, 4), 0},
    {"offline", manage_command(1024, 5), 0x002},
    {"set zone descriptor extension", manage_command(1024, 0x10), 0x002},
    {"flush a random write area", manage_command(1024, 0x11), 0x002},
    {"no action", manage_command(1024, 0), 0x002},
    {"open with a random write area", manage_command(1024, 0x203), 0x002},
    {"reset the middle of a zone", manage_command(1025, 4), 0x002},
    {"reset no zone", manage_command(4096, 4), 0x080},
    {"reset all, at an LBA that is ignored", manage_command(99999, 0x104), 0},
    {"offline all", manage_command(0, 0x105), 0x002},
    {"report", make_command(0x7a, 0, 1023, 0), 0, to_host, 4096},
    {"a report of one dword", make_command(0x7a, 0, 0, 0), 0, to_host, 4},
    {"a report of the highest zone", make_command(0x7a, 4095, 1023, 0x10700), 0, to_host, 4096},
    {"a report of no zone", make_command(0x7a, 4096, 1023, 0), 0x080},
    {"a report above MDTS", make_command(0x7a, 0, (1U << 18), 0), 0x002},
    {"a report of 16 GiB", make_command(0x7a, 0, 0xffffffff, 0), 0x002},
    {"an extended report", make_command(0x7a, 0, 1023, 1), 0x002},
    {"a report with a filter that is reserved", make_command(0x7a, 0, 1023, 0x800), 0x002},
    {"copy", copy_command(1024, 16, 0), 0, to_controller, 512},
    {"copy across", copy_command(1024, 1, 2), 0, to_controller, 32},
    {"copy of more ranges than MSRC", copy_command(1024, 17, 0), 0x183},
    {"copy, format 1", copy_command(1024, 1, 1), 0x002},
    {"copy, format 3", copy_command(1024, 1, 3), 0x002},
    {"copy, format 4", copy_command(1024, 1, 4), 0x002},
    {"copy, format 15", copy_command(1024, 1, 15), 0x002},
    {"copy with a directive", make_command(0x19, 1024, directive), 0x002},
    {"copy to behind the end", copy_command(4096, 1, 0), 0x080},
};

TEST(TargetIoChecks, Rows) {
  for (const Row& row : rows) {
    const Transfer transfer = check_command(facts(), row.command);
    EXPECT_EQ(transfer.status, row.status) << row.what;
    if (transfer.status != 0) continue;
    EXPECT_EQ(transfer.direction, row.direction) << row.what;
    EXPECT_EQ(transfer.length_bytes, row.length_bytes) << row.what;
  }
}

TEST(TargetIoChecks, OtherOpcodesAreInvalid) {
  std::set<unsigned> known;
  for (const target::SupportedCommand& command : target::Namespace::supported_commands()) {
    known.insert(static_cast<unsigned>(command.opcode));
  }
  EXPECT_EQ(known, (std::set<unsigned>{0x00, 0x01, 0x02, 0x08, 0x19, 0x79, 0x7a, 0x7d}));
  for (unsigned opcode = 0; opcode < 256; ++opcode) {
    const bool invalid = check_command(facts(), make_command(static_cast<std::uint8_t>(opcode), 0)).status == 0x001;
    EXPECT_EQ(invalid, !known.contains(opcode)) << opcode;
  }
}

TEST(TargetIoChecks, FusedOperationsAreNotSupported) {
  for (const std::uint8_t fused : {1, 2, 3}) {
    nvme::Command command = read_command(0, 1);
    command.flags = fused;
    EXPECT_EQ(check_command(facts(), command).status, 0x002);
  }
  nvme::Command command = read_command(0, 1);
  command.flags = 0x40;  // data by an SGL
  EXPECT_EQ(check_command(facts(), command).status, 0);
}

TEST(TargetIoChecks, AReadOnlyNamespaceRefusesWhatChangesIt) {
  NamespaceFacts read_only = facts();
  read_only.read_only = true;
  for (const target::SupportedCommand& known : target::Namespace::supported_commands()) {
    const auto opcode = static_cast<std::uint8_t>(known.opcode);
    const Transfer transfer = check_command(read_only, make_command(opcode, 0, 0, opcode == 0x79 ? 4 : 0));
    EXPECT_EQ(transfer.status, known.changes_content ? 0x020 : 0) << int{opcode};
  }
}

DeviceInfo info() {
  DeviceInfo made;
  made.path = "disk";
  made.block_size_bytes = 4096;
  made.zone_size_blocks = 4096;
  made.zone_count = 10;
  made.capacity_blocks = 40960;
  return made;
}

TEST(TargetNamespaceFacts, WhatIsSensible) {
  DeviceInfo device = info();
  Result<NamespaceFacts> chosen = describe_namespace(device, {});
  ASSERT_TRUE(chosen.ok());
  EXPECT_EQ(chosen->size_blocks, 40960U);
  EXPECT_EQ(chosen->copy_limits, (CopyLimits{256, 8192, 8192}));  // 32 MiB, as the data is moved
  EXPECT_EQ(chosen->max_transfer_bytes, 1U << 20);
  EXPECT_EQ(chosen->max_append_bytes, 1U << 20);
  EXPECT_FALSE(chosen->append_by_write);
  EXPECT_TRUE(chosen->remarks.empty());

  device.copy_limits = CopyLimits{256, 1000, 1000};
  chosen = describe_namespace(device, {});
  ASSERT_TRUE(chosen.ok());
  EXPECT_EQ(chosen->copy_limits, (CopyLimits{256, 65535, 262144}));  // MSSRL is 16 bits, MCL 1 GiB

  device.max_append_bytes = 0;
  device.max_transfer_bytes = 200000;
  device.zone_size_blocks = 3000;
  chosen = describe_namespace(device, {});
  ASSERT_TRUE(chosen.ok());
  EXPECT_EQ(chosen->max_transfer_bytes, 131072U);
  EXPECT_EQ(chosen->max_append_bytes, 131072U);
  EXPECT_TRUE(chosen->append_by_write);
  EXPECT_EQ(chosen->size_blocks, 30000U);
  EXPECT_EQ(chosen->remarks.size(), 1U);
}

TEST(TargetNamespaceFacts, WhatIsChosen) {
  target::NamespaceOptions options;
  options.copy_limits = CopyLimits{1, 7, 128};
  options.max_transfer_bytes = 65536;
  options.max_append_bytes = 4096;
  options.read_only = true;
  const Result<NamespaceFacts> chosen = describe_namespace(info(), options);
  ASSERT_TRUE(chosen.ok());
  EXPECT_EQ(chosen->copy_limits, (CopyLimits{1, 7, 128}));
  EXPECT_EQ(chosen->max_transfer_bytes, 65536U);
  EXPECT_EQ(chosen->max_append_bytes, 4096U);
  EXPECT_TRUE(chosen->read_only);
}

TEST(TargetNamespaceFacts, WhatCannotBe) {
  const auto refusal = [](const DeviceInfo& device, const target::NamespaceOptions& options) {
    const Result<NamespaceFacts> chosen = describe_namespace(device, options);
    return chosen ? "accepted" : chosen.error().text();
  };
  target::NamespaceOptions options;
  options.copy_limits.max_range_blocks = 65536;
  EXPECT_EQ(refusal(info(), options), "MSSRL is at most 65535 blocks, not 65536");
  options = {};
  options.copy_limits.max_ranges = 257;
  EXPECT_EQ(refusal(info(), options), "a Copy has at most 256 ranges, not 257");
  options = {};
  options.max_transfer_bytes = 5000;
  EXPECT_EQ(refusal(info(), options), "5000 bytes cannot be a limit of NVMe: give a power of two from 4096 on");
  options = {};
  options.max_append_bytes = 2048;
  EXPECT_EQ(refusal(info(), options), "2048 bytes cannot be a limit of NVMe: give a power of two from 4096 on");
  DeviceInfo tiny = info();
  tiny.max_transfer_bytes = 2048;
  EXPECT_EQ(refusal(tiny, {}), "disk takes transfers of 2048 bytes only, fewer than NVMe can tell a host");
}

class TargetNamespace : public LoopTest {};

TEST_F(TargetNamespace, ConventionalZonesCannotBeServed) {
  SimSpec spec = served_spec();
  spec.layout = "SCSSSSSS";
  SimDevice device(spec);
  const auto opened = run(target::Namespace::open(loop(), 1, std::make_unique<BorrowedDevice>(device), {}));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), EINVAL);
  EXPECT_EQ(
      opened.error().text(),
      "zone 1 of sim0 is conventional, and a zoned namespace of NVMe has only zones that are written in sequence; "
      "serve a device or image without such zones");
}

}  // namespace
}  // namespace zonecopy::test
