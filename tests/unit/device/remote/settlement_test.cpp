// What has become of a command whose answer was lost: tables of what the zone was, what was sent, and what it is now.
#include "src/device/remote/settlement.h"

#include <gtest/gtest.h>

#include <array>

#include "src/base/endian.h"
#include "src/nvme/io_command.h"

namespace zonecopy::remote {
namespace {

using nvme::Command;
using nvme::Opcode;
using Kind = Change::Kind;

constexpr Lba start = 100;  // of the zone
constexpr Lba end = 150;    // of what can be written

Zone zone(ZoneCondition condition, Lba pointer_lba) {
  Zone zone;
  zone.index = 1;
  zone.condition = condition;
  zone.start_lba = start;
  zone.length_blocks = 100;
  zone.capacity_blocks = end - start;
  zone.write_pointer_lba = pointer_lba;
  return zone;
}

std::string text(const Judgement& judgement) {
  switch (judgement.fate) {
    case Fate::untouched: return "untouched";
    case Fate::part: return "part " + std::to_string(judgement.blocks_done);
    case Fate::whole: return "whole " + std::to_string(judgement.blocks_done);
    case Fate::foreign: return "foreign";
  }
  return {};
}

TEST(Settlement, Data) {
  struct Row {
    Lba at;
    std::uint64_t blocks;
    Zone now;
    const char* fate;
  };
  using enum ZoneCondition;
  const Row rows[] = {
      {120, 10, zone(implicit_open, 120), "untouched"},
      {120, 10, zone(closed, 120), "untouched"},
      {100, 10, zone(empty, 100), "untouched"},
      {120, 10, zone(implicit_open, 123), "part 3"},
      {120, 10, zone(closed, 129), "part 9"},
      {120, 10, zone(explicit_open, 130), "whole 10"},
      {120, 10, zone(closed, 130), "whole 10"},
      {140, 10, zone(full, 0), "whole 10"},
      {120, 10, zone(full, 0), "foreign"},             // finished by somebody
      {120, 10, zone(implicit_open, 131), "foreign"},  // written by somebody
      {120, 10, zone(implicit_open, 119), "foreign"},  // reset and written
      {120, 10, zone(empty, 100), "foreign"},          // reset
      {120, 10, zone(read_only, 0), "untouched"},      // the controller shall say so
      {120, 10, zone(offline, 0), "untouched"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::to_string(row.at) + " " + std::string(to_string(row.now.condition)) + " " +
                 std::to_string(row.now.write_pointer_lba));
    for (const Kind kind : {Kind::write, Kind::write_zeroes, Kind::copy}) {
      EXPECT_EQ(text(judge({kind, row.at, row.blocks}, row.at, row.now)), row.fate);
    }
    EXPECT_EQ(text(judge({Kind::append, start, row.blocks}, row.at, row.now)), row.fate);
  }
}

TEST(Settlement, ZoneManagement) {
  struct Row {
    ZoneAction action;
    std::optional<Lba> before;
    Zone now;
    const char* fate;
  };
  using enum ZoneCondition;
  const Row rows[] = {
      {ZoneAction::reset, 120, zone(empty, 100), "whole 0"},
      {ZoneAction::reset, 120, zone(implicit_open, 120), "untouched"},
      {ZoneAction::reset, 120, zone(closed, 120), "untouched"},
      {ZoneAction::reset, 150, zone(full, 0), "untouched"},
      {ZoneAction::reset, 120, zone(implicit_open, 105), "foreign"},  // it was reset, and written by somebody
      {ZoneAction::reset, 120, zone(implicit_open, 121), "foreign"},
      {ZoneAction::reset, 120, zone(full, 0), "foreign"},
      {ZoneAction::reset, 120, zone(offline, 0), "untouched"},
      {ZoneAction::finish, 120, zone(full, 0), "whole 0"},
      {ZoneAction::finish, 120, zone(implicit_open, 120), "untouched"},
      {ZoneAction::finish, 100, zone(empty, 100), "untouched"},
      {ZoneAction::finish, 120, zone(empty, 100), "foreign"},
      {ZoneAction::open, 120, zone(explicit_open, 120), "whole 0"},
      {ZoneAction::open, std::nullopt, zone(explicit_open, 120), "whole 0"},
      {ZoneAction::open, 120, zone(closed, 120), "untouched"},
      {ZoneAction::open, std::nullopt, zone(closed, 120), "untouched"},
      {ZoneAction::open, 120, zone(explicit_open, 121), "foreign"},
      {ZoneAction::open, 120, zone(full, 0), "foreign"},
      {ZoneAction::close, 120, zone(closed, 120), "whole 0"},
      {ZoneAction::close, 100, zone(empty, 100), "whole 0"},
      {ZoneAction::close, 120, zone(implicit_open, 120), "untouched"},
      {ZoneAction::close, 120, zone(closed, 125), "foreign"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(to_string(row.action)) + " " + std::string(to_string(row.now.condition)));
    EXPECT_EQ(text(judge({Kind::manage, start, 0, row.action}, row.before, row.now)), row.fate);
  }
}

TEST(Settlement, WhatChangesAZone) {
  const nvme::Target target{1, 512, 1000, 100, 1U << 20, 1U << 20, 1U << 20};
  std::array<std::byte, 4096> data{};
  const auto kind_of = [](const Command& command) {
    const std::optional<Change> change = change_of(command);
    return change ? static_cast<int>(change->kind) : -1;
  };
  EXPECT_EQ(kind_of(*nvme::read(target, 0, data)), -1);
  EXPECT_EQ(kind_of(*nvme::zone_report(target, 0, data)), -1);
  EXPECT_EQ(kind_of(nvme::flush(target)), -1);
  EXPECT_EQ(kind_of(*nvme::write(target, 105, data)), static_cast<int>(Kind::write));
  EXPECT_EQ(kind_of(*nvme::write_zeroes(target, 105, 8)), static_cast<int>(Kind::write_zeroes));
  EXPECT_EQ(kind_of(*nvme::zone_append(target, 100, data)), static_cast<int>(Kind::append));
  EXPECT_EQ(change_of(*nvme::write(target, 105, data))->start_lba, 105U);
  EXPECT_EQ(change_of(*nvme::write(target, 105, data))->blocks, 8U);
  const auto reset = change_of(*nvme::zone_management_send(target, 200, ZoneAction::reset));
  EXPECT_EQ(reset->action, ZoneAction::reset);
  EXPECT_EQ(reset->start_lba, 200U);
  const auto copy = nvme::copy(target, {4, 100, 100}, {300, {{1, 5}, {7, 9}}});
  EXPECT_EQ(change_of(copy->command)->kind, Kind::copy);
  EXPECT_EQ(change_of(copy->command)->start_lba, 300U);
  EXPECT_EQ(change_of(copy->command)->blocks, 14U);
}

TEST(Settlement, OnlyAppendsAndWhatLosesDataNeedThePointerBefore) {
  EXPECT_TRUE(needs_pointer({Kind::append, start, 1}));
  EXPECT_TRUE(needs_pointer({Kind::manage, start, 0, ZoneAction::reset}));
  EXPECT_TRUE(needs_pointer({Kind::manage, start, 0, ZoneAction::finish}));
  EXPECT_FALSE(needs_pointer({Kind::manage, start, 0, ZoneAction::open}));
  EXPECT_FALSE(needs_pointer({Kind::manage, start, 0, ZoneAction::close}));
  EXPECT_FALSE(needs_pointer({Kind::write, start, 1}));
  EXPECT_FALSE(needs_pointer({Kind::copy, start, 1}));
}

TEST(Settlement, TheRestOfAWrite) {
  const nvme::Target target{1, 512, 1000, 100, 1U << 20, 1U << 20, 1U << 20};
  std::array<std::byte, 8 * 512> data{};
  const Command written = rest_of(*nvme::write(target, 105, data), 105, 3, 512);
  EXPECT_EQ(nvme::decode_block_command(written).start_lba, 108U);
  EXPECT_EQ(nvme::decode_block_command(written).blocks, 5U);
  EXPECT_EQ(written.addr, reinterpret_cast<std::uintptr_t>(data.data() + 3 * 512));
  EXPECT_EQ(written.data_len, 5U * 512);
  const Command appended = rest_of(*nvme::zone_append(target, 100, data), 120, 3, 512);
  EXPECT_EQ(appended.opcode, static_cast<std::uint8_t>(Opcode::write));
  EXPECT_EQ(nvme::decode_block_command(appended).start_lba, 123U);
  const Command zeroed = rest_of(*nvme::write_zeroes(target, 105, 8), 105, 7, 512);
  EXPECT_EQ(nvme::decode_block_command(zeroed).start_lba, 112U);
  EXPECT_EQ(nvme::decode_block_command(zeroed).blocks, 1U);
  EXPECT_EQ(zeroed.data_len, 0U);
}

TEST(Settlement, TheRestOfACopy) {
  const nvme::Target target{1, 512, 1000, 100, 1U << 20, 1U << 20, 0};
  nvme::Target source = target;
  source.nsid = 7;
  const auto copy = nvme::copy_across(target, source, {4, 100, 100}, {300, {{1, 5}, {7, 9}, {30, 2}}});
  struct Row {
    std::uint64_t done;
    std::uint32_t ranges_done;
    std::vector<CopyRange> ranges;
  };
  const Row rows[] = {
      {0, 0, {{1, 5}, {7, 9}, {30, 2}}},
      {4, 0, {{5, 1}, {7, 9}, {30, 2}}},
      {5, 1, {{7, 9}, {30, 2}}},
      {6, 1, {{8, 8}, {30, 2}}},
      {14, 2, {{30, 2}}},
      {15, 2, {{31, 1}}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.done);
    const CopyRest rest = rest_of_copy(copy->command, row.done);
    EXPECT_EQ(rest.ranges_done, row.ranges_done);
    const nvme::CopyHeader header = nvme::decode_copy(rest.command);
    EXPECT_EQ(header.destination_lba, 300 + row.done);
    EXPECT_EQ(header.ranges, row.ranges.size());
    EXPECT_EQ(header.format, 2);
    EXPECT_EQ(rest.command.data_len, row.ranges.size() * 32);
    const auto list = std::as_bytes(std::span(rest.ranges));
    std::vector<CopyRange> ranges;
    for (const nvme::CopySource& range : nvme::decode_copy_sources(list)) {
      EXPECT_EQ(range.nsid, 7U);
      ranges.push_back({range.start_lba, range.blocks});
    }
    EXPECT_EQ(ranges, row.ranges);
  }
}

}  // namespace
}  // namespace zonecopy::remote
