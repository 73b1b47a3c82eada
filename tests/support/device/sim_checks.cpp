// What a host may not send to a device: each of these is a mistake of the code under test and fails the test.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/device/sim_device.h"

namespace zonecopy::test {

const char* to_string(Command command) {
  static constexpr std::array<const char*, command_kinds> names = {
      "report", "read", "write", "append", "copy", "open", "close", "finish", "reset", "flush", "write zeroes"};
  return names[static_cast<std::size_t>(command)];
}

std::string describe(const CommandRecord& record) {
  std::string text = std::string(to_string(record.command)) + " zone " + std::to_string(record.zone) + " lba " +
                     std::to_string(record.lba) + " blocks " + std::to_string(record.blocks);
  for (const CopyRange& range : record.ranges) {
    text += " <" + std::to_string(range.start_lba) + "+" + std::to_string(range.blocks) + ">";
  }
  if (record.code != 0) text += " failed with errno " + std::to_string(record.code);
  if (record.injected) text += " (injected)";
  if (record.fall_back) text += " (fall back)";
  return text;
}

void SimDevice::check_transfer(Lba lba, std::size_t size_bytes, std::uint32_t limit_bytes, const char* what) const {
  EXPECT_GT(size_bytes, 0U) << what << " of nothing at LBA " << lba;
  EXPECT_EQ(size_bytes % info_.block_size_bytes, 0U) << what << " of part of a block at LBA " << lba;
  EXPECT_LE(size_bytes, limit_bytes) << what << " above the transfer limit at LBA " << lba;
  const Lba end_lba = lba + size_bytes / info_.block_size_bytes;
  ASSERT_LE(end_lba, info_.capacity_blocks) << what << " past the end of the device";
  for (ZoneIndex zone = info_.zone_of(lba) + 1; zone <= info_.zone_of(end_lba - 1); ++zone) {
    EXPECT_FALSE(zones_[zone].zone.sequential() || zones_[zone - 1].zone.sequential())
        << what << " at LBA " << lba << " crosses into zone " << zone;
  }
}

void SimDevice::check_copy(const SimDevice& source, const CopyCommand& command) const {
  const CopyRoute route = copy_route(source);
  const CopyLimits& limits = route.limits;
  EXPECT_NE(route.path, CopyPath::emulated) << "Copy to a device that cannot";
  EXPECT_FALSE(command.ranges.empty());
  EXPECT_LE(command.ranges.size(), limits.max_ranges);
  EXPECT_LE(command.blocks(), limits.max_total_blocks);
  const Lba end_lba = command.destination_lba + command.blocks();
  const ZoneIndex zone = info_.zone_of(command.destination_lba);
  EXPECT_LE(end_lba, zones_[zone].zone.end_lba()) << "Copy past the capacity of zone " << zone;
  for (const CopyRange& range : command.ranges) {
    EXPECT_GT(range.blocks, 0U);
    EXPECT_LE(range.blocks, limits.max_range_blocks);
    const Lba range_end = range.start_lba + range.blocks;
    ASSERT_LE(range_end, source.info_.capacity_blocks);
    EXPECT_EQ(source.info_.zone_of(range.start_lba), source.info_.zone_of(range_end - 1)) << "range crosses zones";
    const bool overlaps = range.start_lba < end_lba && command.destination_lba < range_end;
    EXPECT_FALSE(&source == this && overlaps) << "Copy of LBA " << range.start_lba << " onto itself";
  }
}

/// A host that works correctly knows what it may do, unless somebody else changed the zone, or resources run out.
void SimDevice::check_refusal(const CommandRecord& record) const {
  if (record.code == 0 || record.injected || !spec_.right_host) return;
  if (record.code == EOVERFLOW || record.code == ETOOMANYREFS) return;
  bool excused = disturbed(record.zone);
  for (const CopyRange& range : record.ranges) {
    excused = excused || record.source->disturbed(record.source->info_.zone_of(range.start_lba));
  }
  EXPECT_TRUE(excused) << "the device refused what a correct host would not send: " << describe(record)
                       << "; write pointer " << zones_[record.zone].zone.write_pointer_lba << ", "
                       << zonecopy::to_string(zones_[record.zone].zone.condition);
}

}  // namespace zonecopy::test
