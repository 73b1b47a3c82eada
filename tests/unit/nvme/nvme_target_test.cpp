// What does not fit into a command's fields, or into the namespace, is no command: in every build.
#include "src/nvme/target.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "src/nvme/command.h"

namespace zonecopy::nvme {
namespace {

constexpr std::uint64_t all_ones = std::numeric_limits<std::uint64_t>::max();

/// Ten zones of 100 blocks.
Target small() {
  Target target;
  target.nsid = 1;
  target.block_size_bytes = 512;
  target.size_blocks = 1000;
  target.zone_size_blocks = 100;
  target.command_max_bytes = 8 * 512;
  target.append_max_bytes = 4 * 512;
  target.zeroes_max_bytes = 16 * 512;
  return target;
}

/// "" for what is a command.
template <typename T>
std::string refusal(const Result<T>& command) {
  if (command) return {};
  EXPECT_EQ(command.error().code(), EINVAL);
  EXPECT_FALSE(command.error().detail().empty());
  return command.error().operation() + " at " + (command.error().lba() ? std::to_string(*command.error().lba()) : "?");
}

TEST(NvmeTarget, Transfers) {
  struct Row {
    Lba lba;
    std::size_t size_bytes;
    bool right;
    const char* why;
  };
  const Row rows[] = {
      {0, 512, true, "one block"},
      {996, 4 * 512, true, "to the last block"},
      {0, 8 * 512, true, "as much as a command carries"},
      {0, 0, false, "no block would be 65536 of them"},
      {0, 511, false, "less than a block would be none"},
      {0, 513, false, "data that does not go"},
      {0, 9 * 512, false, "more than a command carries"},
      {997, 4 * 512, false, "past the end"},
      {1000, 512, false, "behind the end"},
      {all_ones, 512, false, "so far behind it that the sum wraps"},
  };
  std::vector<std::byte> data(16 * 512);
  for (const Row& row : rows) {
    const std::span<std::byte> part = std::span(data).first(row.size_bytes);
    const std::string at = " at " + std::to_string(row.lba);
    EXPECT_EQ(refusal(read(small(), row.lba, part)), row.right ? "" : "read" + at) << row.why;
    EXPECT_EQ(refusal(write(small(), row.lba, part)), row.right ? "" : "write" + at) << row.why;
  }
}

TEST(NvmeTarget, MoreBlocksThanTheFieldHolds) {
  Target target = small();
  target.size_blocks = 100'000;
  target.command_max_bytes = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::byte> data(std::size_t{65537} * 512);
  EXPECT_EQ(refusal(write(target, 7, data)), "write at 7") << "65537 would be 1";
  EXPECT_EQ(refusal(write(target, 7, std::span(data).first(std::size_t{65536} * 512))), "");
}

TEST(NvmeTarget, Zeroes) {
  struct Row {
    Lba lba;
    std::uint64_t blocks;
    bool right;
    const char* why;
  };
  const Row rows[] = {
      {0, 1, true, "one block"},
      {984, 16, true, "as many as a command writes, to the last block"},
      {0, 0, false, "no block would be 65536 of them"},
      {0, 17, false, "more than a command writes"},
      {0, 65537, false, "what would be cut to 1"},
      {990, 11, false, "past the end"},
      {1000, 1, false, "behind the end"},
      {all_ones, 1, false, "so far behind it that the sum wraps"},
      {1, all_ones, false, "so many that the sum wraps"},
  };
  for (const Row& row : rows) {
    const std::string refused = "write zeroes at " + std::to_string(row.lba);
    EXPECT_EQ(refusal(write_zeroes(small(), row.lba, row.blocks)), row.right ? "" : refused) << row.why;
  }
  EXPECT_EQ(zeroes_max_blocks(small()), 16U);
  Target wide = small();
  wide.size_blocks = 100'000;
  wide.zeroes_max_bytes = std::numeric_limits<std::uint32_t>::max();
  EXPECT_EQ(zeroes_max_blocks(wide), 65536U) << "the field has 16 bits";
  EXPECT_EQ(refusal(write_zeroes(wide, 0, 65536)), "");
  wide.zeroes_max_bytes = 0;
  EXPECT_EQ(zeroes_max_blocks(wide), 0U) << "there is no such command";
  EXPECT_EQ(refusal(write_zeroes(wide, 0, 1)), "write zeroes at 0");
}

TEST(NvmeTarget, NoBlockSizeIsNoDivisor) {
  EXPECT_EQ(zeroes_max_blocks(Target()), 0U);
  std::vector<std::byte> data(512);
  EXPECT_EQ(refusal(read(Target(), 0, data)), "read at 0");
  EXPECT_EQ(refusal(zone_management_send(Target(), 0, ZoneAction::reset)), "zone reset at 0");
}

TEST(NvmeTarget, Appends) {
  std::vector<std::byte> data(16 * 512);
  const auto append = [&](Lba lba, std::size_t blocks) {
    return refusal(zone_append(small(), lba, std::span(data).first(blocks * 512)));
  };
  EXPECT_EQ(append(300, 4), "");
  EXPECT_EQ(append(900, 1), "");
  EXPECT_EQ(append(300, 5), "zone append at 300") << "ZASL";
  EXPECT_EQ(append(300, 0), "zone append at 300");
  EXPECT_EQ(append(301, 1), "zone append at 301") << "no start of a zone";
  EXPECT_EQ(append(1000, 1), "zone append at 1000") << "behind the last zone";
  EXPECT_EQ(refusal(zone_append(small(), 300, std::span(data).first(600))), "zone append at 300");
}

TEST(NvmeTarget, ZoneCommands) {
  EXPECT_EQ(refusal(zone_management_send(small(), 900, ZoneAction::reset)), "");
  EXPECT_EQ(refusal(zone_management_send(small(), 950, ZoneAction::reset)), "zone reset at 950");
  EXPECT_EQ(refusal(zone_management_send(small(), 1000, ZoneAction::finish)), "zone finish at 1000");
  EXPECT_EQ(refusal(zone_management_send(small(), 0, static_cast<ZoneAction>(9))), "zone management at 0");
}

TEST(NvmeTarget, Reports) {
  std::vector<std::byte> data(16 * 512);
  const auto report = [&](Lba lba, std::size_t size_bytes) {
    return refusal(zone_report(small(), lba, std::span(data).first(size_bytes)));
  };
  EXPECT_EQ(report(999, 4096), "");
  EXPECT_EQ(report(1000, 4096), "zone report at 1000");
  EXPECT_EQ(report(0, 0), "zone report at 0") << "no dwords would be all there can be";
  EXPECT_EQ(report(0, 4095), "zone report at 0");
  EXPECT_EQ(report(0, 4100), "zone report at 0") << "more than a command carries";
}

TEST(NvmeTarget, Copies) {
  constexpr CopyLimits limits = {3, 20, 50};
  struct Row {
    CopyCommand command;
    const char* refusal;
    const char* why;
  };
  const Row rows[] = {
      {{200, {{0, 20}, {30, 20}, {180, 10}}}, "", "all limits reached"},
      {{950, {{80, 20}, {980, 20}, {0, 10}}}, "", "up to the ends of zones"},
      {{200, {}}, "copy at 200", "no range would be 256"},
      {{200, {{0, 1}, {1, 1}, {2, 1}, {3, 1}}}, "copy at 200", "MSRC"},
      {{200, {{0, 1}, {7, 0}}}, "copy at 7", "no block would be 65536"},
      {{200, {{0, 21}}}, "copy at 0", "MSSRL"},
      {{200, {{0, 20}, {20, 20}, {40, 11}}}, "copy at 200", "MCL"},
      {{200, {{90, 11}}}, "copy at 90", "a source in two zones"},
      {{200, {{990, 11}}}, "copy at 990", "a source past the end"},
      {{200, {{all_ones, 2}}}, "copy at 18446744073709551615", "a source whose end wraps"},
      {{295, {{0, 6}}}, "copy at 295", "a destination in two zones"},
      {{995, {{0, 6}}}, "copy at 995", "a destination past the end"},
      {{all_ones, {{0, 6}}}, "copy at 18446744073709551615", "a destination whose end wraps"},
  };
  for (const Row& row : rows) EXPECT_EQ(refusal(copy(small(), limits, row.command)), row.refusal) << row.why;
}

/// Whatever a namespace announces.
TEST(NvmeTarget, CopiesThatFieldsCannotHold) {
  constexpr CopyLimits limits = {1000, 1'000'000, std::numeric_limits<std::uint32_t>::max()};
  Target target = small();
  target.size_blocks = std::uint64_t{1} << 40;
  target.zone_size_blocks = std::uint64_t{1} << 39;
  EXPECT_EQ(refusal(copy(target, limits, CopyCommand{5, std::vector<CopyRange>(256, {9, 65536})})), "");
  EXPECT_EQ(refusal(copy(target, limits, CopyCommand{5, std::vector<CopyRange>(257, {9, 1})})), "copy at 5");
  EXPECT_EQ(refusal(copy(target, limits, CopyCommand{5, std::vector<CopyRange>(1, {9, 65537})})), "copy at 9");
  EXPECT_EQ(refusal(copy(target, CopyLimits(), CopyCommand{5, std::vector<CopyRange>(1, {9, 1})})), "copy at 5")
      << "a device without Copy";
}

TEST(NvmeTarget, CopyFromANamespaceOfOtherZones) {
  const CopyLimits limits{3, 20, 50};
  Target source = small();
  source.zone_size_blocks = 40;
  source.size_blocks = 80;
  const auto across = [&](Lba destination_lba, std::vector<CopyRange> ranges) {
    return refusal(copy_across(small(), source, limits, CopyCommand{destination_lba, std::move(ranges)}));
  };
  EXPECT_EQ(across(290, {{60, 10}}), "");
  EXPECT_EQ(across(200, {{30, 10}, {40, 20}}), "") << "in two zones of the source, one of the destination";
  EXPECT_EQ(across(200, {{30, 11}}), "copy at 30") << "the zones of the source count, not those of the destination";
  EXPECT_EQ(across(200, {{95, 10}}), "copy at 95") << "beyond the end of the source";
  EXPECT_EQ(across(295, {{0, 6}}), "copy at 295") << "a destination in two zones";

  const auto side = [&](const CopyCommand& command) {
    return copy_across(small(), source, limits, command).error().copy_side();
  };
  EXPECT_EQ(side({200, {{30, 11}}}), CopySide::source);
  EXPECT_EQ(side({295, {{0, 6}}}), std::nullopt);
}

}  // namespace
}  // namespace zonecopy::nvme
