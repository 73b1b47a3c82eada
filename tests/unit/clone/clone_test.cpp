// Clones between simulated devices, among them such that fail at each command in turn.
#include "tools/clone/clone.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "tests/support/device/borrowed_device.h"
#include "tests/support/device/sim_device.h"
#include "tests/support/loop/loop_test.h"
#include "tools/clone/device_pair.h"

namespace zonecopy::cloning {
namespace {

using test::BorrowedDevice;
using test::Command;
using test::CommandRecord;
using test::Fault;
using test::SimDevice;
using test::SimSpec;

std::vector<std::byte> pattern(std::uint64_t blocks, std::uint32_t block_bytes, unsigned seed) {
  std::vector<std::byte> data(blocks * block_bytes);
  for (std::size_t i = 0; i < data.size(); ++i)
    data[i] = static_cast<std::byte>(1 + (i * 7 + seed * 31 + i / 512) % 255);
  return data;
}

struct Outcome {
  Status status;
  Copied copied;
  std::size_t differences = 0;
  bool done_before = false;
};

class CloneTest : public test::LoopTest {
 protected:
  void make(const std::string& layout, const ResourceLimits& limits, const CopyLimits& copies = {}) {
    SimSpec spec;
    spec.layout = layout;
    spec.copy_limits = copies;
    spec.copies_across_devices = copies.available();
    spec.path = "old";
    source_ = std::make_unique<SimDevice>(spec);
    spec_ = spec;
    spec_.path = "new";
    spec_.resource_limits = limits;
    spec_.seed = 2;
    fresh_destination();
  }
  void fresh_destination() { destination_ = std::make_unique<SimDevice>(spec_); }

  void format() {
    super_block_.label = "disk";
    super_block_.uuid.fill(7);
    const zonefs::SuperBlockBytes bytes = encode(super_block_);
    source_->preload(0, bytes);
    finish(0, source_->zones()[0].zone.sequential());
  }
  /// Fills the zone so far, and may finish it.
  void put(ZoneIndex zone, std::uint64_t blocks, bool finished = false) {
    source_->preload(source_->info().zone_start(zone), pattern(blocks, 512, zone));
    finish(zone, finished);
  }
  void finish(ZoneIndex zone, bool wanted) {
    const int code = wanted ? source_->zones().finish(zone) : 0;
    EXPECT_EQ(code, 0);
  }

  Outcome clone(const CloneOptions& options) {
    Watch watch;
    const std::atomic<bool> stop = false;
    watch.begin = [](std::string_view, std::uint64_t) {};
    watch.copied = [](std::uint64_t) {};
    watch.stop = &stop;
    DevicePair pair(loop(), std::make_unique<BorrowedDevice>(*source_), std::make_unique<BorrowedDevice>(*destination_),
                    watch);
    Clone clone(loop(), pair, &pair, options, watch);
    Outcome outcome;
    outcome.status = run(clone.prepare());
    if (outcome.status) {
      outcome.done_before = clone.prepared().nothing_left();
      outcome.status = run(clone.carry_out());
    }
    if (outcome.status) {
      outcome.status = run(clone.verify());
      outcome.differences = clone.differences().size();
    }
    outcome.copied = clone.copied();
    return outcome;
  }

  /// Zone by zone: data, and where it ends. Zone 0 by its super block.
  [[nodiscard]] bool equal() const {
    for (ZoneIndex zone = 1; zone < source_->zones().count(); ++zone) {
      const test::SimZone& from = source_->zones()[zone];
      const test::SimZone& to = destination_->zones()[zone];
      if (from.data != to.data) return false;
      if ((from.zone.condition == ZoneCondition::full) != (to.zone.condition == ZoneCondition::full)) return false;
      if (to.zone.condition == ZoneCondition::full || !to.zone.sequential()) continue;
      if (from.zone.write_pointer_lba != to.zone.write_pointer_lba) return false;
    }
    return true;
  }
  [[nodiscard]] Result<zonefs::SuperBlock> super_block() const { return zonefs::decode(destination_->bytes(0, 8)); }

  /// Whether the destination's log, since it was cleared, has anything but what is read.
  [[nodiscard]] bool changed() const {
    return std::ranges::any_of(destination_->log(), [](const CommandRecord& each) {
      return each.command != Command::read && each.command != Command::report;
    });
  }

  void make_usual(const std::string& layout, const ResourceLimits& limits, const CopyLimits& copies = {}) {
    make(layout, limits, copies);
    format();
    const auto zones = static_cast<ZoneIndex>(layout.size());
    if (layout[1] == 'C') put(1, 32);
    put(2, 24);
    put(3, 9, true);
    put(4, 24);
    put(5, 10);
    put(zones - 1, 3);
  }

  SimSpec spec_;
  zonefs::SuperBlock super_block_;
  std::unique_ptr<SimDevice> source_;
  std::unique_ptr<SimDevice> destination_;
};

const CloneOptions usual;

CloneOptions resuming() {
  CloneOptions options;
  options.resume = true;
  return options;
}

TEST_F(CloneTest, BringsAllZones) {
  const CopyLimits copies{4, 8, 16};
  for (const std::string layout : {"CCSSSSSS", "SSSSSSSS", "CSSSPPPP"}) {
    for (const CopyLimits& limits : {CopyLimits{}, copies}) {
      make_usual(layout, {3, 4}, limits);
      const Outcome outcome = clone(usual);
      ASSERT_TRUE(outcome.status) << layout << ": " << outcome.status.error().to_string();
      EXPECT_EQ(outcome.differences, 0U) << layout;
      EXPECT_TRUE(equal()) << layout;
      EXPECT_EQ(outcome.copied.bytes_offloaded, limits.available() ? outcome.copied.bytes() : 0) << layout;
      ASSERT_TRUE(super_block()) << layout;
      EXPECT_EQ(super_block()->label, "disk");
      EXPECT_NE(super_block()->uuid, super_block_.uuid);
      EXPECT_EQ(source_->count(Command::write) + source_->count(Command::reset) + source_->count(Command::finish), 0U);
      for (ZoneIndex zone = 0; zone < 8; ++zone) EXPECT_FALSE(is_open(destination_->zones()[zone].zone.condition));
    }
  }
}

TEST_F(CloneTest, KeepsTheUuidWhereThatIsAskedFor) {
  make_usual("CCSSSSSS", {});
  CloneOptions options;
  options.same_uuid = true;
  EXPECT_TRUE(clone(options).status);
  EXPECT_EQ(super_block()->uuid, super_block_.uuid);
}

TEST_F(CloneTest, WritesTheSuperBlockBetweenTwoFlushesAndLast) {
  for (const std::string layout : {"CCSSSSSS", "SSSSSSSS"}) {
    make_usual(layout, {3, 4});
    ASSERT_TRUE(clone(usual).status);
    const std::vector<CommandRecord>& log = destination_->log();
    const auto changes = [](const CommandRecord& record) {
      return record.command == Command::write || record.command == Command::copy || record.command == Command::finish;
    };
    const auto of_zone_0 = [&changes](const CommandRecord& record) { return changes(record) && record.zone == 0; };
    const auto first = std::ranges::find_if(log, of_zone_0);
    ASSERT_NE(first, log.end()) << layout;
    EXPECT_EQ(std::prev(first)->command, Command::flush) << layout;
    EXPECT_TRUE(
        std::all_of(first, log.end(), [&](const CommandRecord& each) { return !changes(each) || each.zone == 0; }));
    const auto last = std::find_if(log.rbegin(), log.rend(), of_zone_0);
    EXPECT_TRUE(std::any_of(log.rbegin(), last, [](const auto& each) { return each.command == Command::flush; }));
  }
}

TEST_F(CloneTest, DoesNothingWhereAllIsDone) {
  make_usual("SSSSSSSS", {3, 4});
  ASSERT_TRUE(clone(usual).status);
  const zonefs::SuperBlock before = *super_block();
  destination_->clear_log();
  const Outcome outcome = clone(resuming());
  EXPECT_TRUE(outcome.status && outcome.done_before);
  EXPECT_EQ(super_block()->uuid, before.uuid);
  EXPECT_FALSE(changed());
}

TEST_F(CloneTest, RefusesADestinationWithDataBeforeItWrites) {
  make_usual("CCSSSSSS", {});
  destination_->preload(destination_->info().zone_start(6), pattern(3, 512, 99));
  for (const CloneOptions& options : {usual, resuming()}) {
    const Outcome outcome = clone(options);
    ASSERT_FALSE(outcome.status);
    EXPECT_EQ(outcome.status.error().code(), EEXIST);
    EXPECT_EQ(destination_->count(Command::write), 0U);
  }
  for (CloneOptions options : {usual, resuming()}) {
    options.force = true;
    fresh_destination();
    destination_->preload(destination_->info().zone_start(6), pattern(3, 512, 99));
    destination_->preload(destination_->info().zone_start(5), pattern(12, 512, 98));
    ASSERT_TRUE(clone(options).status);
    EXPECT_TRUE(equal());
  }
}

TEST_F(CloneTest, RefusesAnyDataThatIsInTheWay) {
  struct Case {
    std::string layout;
    ZoneIndex zone;
  };
  for (const Case& each : {Case{"SSSSSSSS", 0}, Case{"CCSSSSSS", 1}, Case{"CCSSSSSS", 7}}) {
    make_usual(each.layout, {});
    destination_->preload(each.zone * 32, pattern(1, 512, 5));
    EXPECT_EQ(clone(usual).status.error().code(), EEXIST) << each.zone;
    EXPECT_EQ(destination_->count(Command::write) + destination_->count(Command::reset), 0U);
    CloneOptions options;
    options.force = true;
    EXPECT_TRUE(clone(options).status) << each.zone;
    EXPECT_TRUE(equal() && super_block()) << each.zone;
  }
}

TEST_F(CloneTest, RefusesToResumeOnOtherDataOfTheRightLength) {
  make_usual("CCSSSSSS", {});
  std::vector<std::byte> data = pattern(5, 512, 5);
  data.back() ^= std::byte{1};
  destination_->preload(destination_->info().zone_start(5), data);
  EXPECT_EQ(clone(resuming()).status.error().code(), EEXIST);
  EXPECT_EQ(destination_->count(Command::write), 0U);
  CloneOptions options = resuming();
  options.force = true;
  EXPECT_TRUE(clone(options).status);
  EXPECT_TRUE(equal());
}

TEST_F(CloneTest, BringsFilesToSmallerAndLargerZones) {
  for (const std::uint64_t capacity_blocks : {16, 40}) {
    make("CSSSSSSS", {3, 4});
    format();
    put(2, 16);  // all that the smaller zones have room for
    put(3, 9, true);
    put(5, 3);
    spec_.zone_size_blocks = 48;
    spec_.zone_capacity_blocks = capacity_blocks;
    fresh_destination();
    Outcome outcome = clone(usual);
    ASSERT_TRUE(outcome.status) << outcome.status.error().to_string();
    EXPECT_EQ(outcome.differences, 0U);
    for (const ZoneIndex zone : {2, 3, 5}) {
      EXPECT_EQ(destination_->bytes(zone * 48, 16), source_->bytes(zone * 32, 16)) << zone;
    }
    EXPECT_EQ(destination_->zones()[3].zone.condition, ZoneCondition::full);
    outcome = clone(resuming());
    EXPECT_TRUE(outcome.status && outcome.done_before) << capacity_blocks;
  }
}

TEST_F(CloneTest, LeavesAloneWhatItHasBroughtOfAZoneThatIsGone) {
  make_usual("CCSSSSSS", {});
  ASSERT_TRUE(clone(usual).status);
  const auto before = destination_->bytes(4 * 32, 24);
  source_->zones().turn(4, ZoneCondition::offline);
  put(6, 5);
  CloneOptions options = resuming();
  options.skip_bad = true;
  options.force = true;
  ASSERT_TRUE(clone(options).status);
  EXPECT_EQ(destination_->bytes(4 * 32, 24), before);
  EXPECT_EQ(destination_->bytes(6 * 32, 5), source_->bytes(6 * 32, 5));
}

TEST_F(CloneTest, GoesOnWithActiveZonesFirst) {
  make("CSSSSSSS", {2, 2});
  format();
  for (ZoneIndex zone = 1; zone < 8; ++zone) put(zone, 24);
  for (const ZoneIndex zone : {5, 6}) destination_->preload(zone * 32, pattern(9, 512, zone));
  EXPECT_TRUE(clone(resuming()).status);
  EXPECT_TRUE(equal());
}

TEST_F(CloneTest, RefusesToResumeOnAnotherFileSystem) {
  make_usual("CCSSSSSS", {});
  destination_->preload(0, pattern(4, 512, 5));
  const Outcome outcome = clone(resuming());
  ASSERT_FALSE(outcome.status);
  EXPECT_EQ(outcome.status.error().code(), EEXIST);
  EXPECT_EQ(destination_->count(Command::write), 0U);
}

TEST_F(CloneTest, ResumesOverZerosInAConventionalZoneAndNothingElse) {
  make_usual("CCSSSSSS", {});
  ASSERT_TRUE(clone(usual).status);
  std::vector<std::byte> data = pattern(1, 512, 1);
  data[100] ^= std::byte{1};
  destination_->preload(32 + 5, data);
  destination_->clear_log();
  EXPECT_EQ(clone(resuming()).status.error().code(), EEXIST);
  EXPECT_FALSE(changed());
  destination_->preload(32 + 5, std::vector<std::byte>(512));
  EXPECT_TRUE(clone(resuming()).status);
  EXPECT_TRUE(equal());
}

TEST_F(CloneTest, LeavesASuperBlockThatHasNoPlaceToBeWrittenAgain) {
  for (const std::uint32_t active_max : {4, 5}) {
    make("SSSSSSSSS", {2, active_max});
    format();
    for (const ZoneIndex zone : {1, 3, 5, 7}) put(zone, zone);
    ASSERT_TRUE(clone(usual).status);
    const Uuid before = super_block()->uuid;
    destination_->clear_log();
    CloneOptions options = resuming();
    options.same_uuid = true;
    const Outcome outcome = clone(options);
    ASSERT_TRUE(super_block());
    EXPECT_EQ(outcome.status.ok(), active_max == 5);
    EXPECT_EQ(super_block()->uuid, active_max == 5 ? super_block_.uuid : before);
    if (outcome.status) continue;
    EXPECT_EQ(outcome.status.error().code(), EOVERFLOW);
    EXPECT_FALSE(changed());
  }
}

TEST_F(CloneTest, CountsThePlacesOfWhatItHasBroughtOfABadZone) {
  for (const std::uint32_t active_max : {4, 5}) {
    make("SSSSSSSSS", {4, active_max});
    format();
    for (const ZoneIndex zone : {1, 3, 5, 7}) put(zone, zone);
    ASSERT_TRUE(clone(usual).status);
    source_->zones().turn(1, ZoneCondition::offline);
    put(8, 9);
    destination_->clear_log();
    CloneOptions options = resuming();
    options.skip_bad = true;
    const Outcome outcome = clone(options);
    EXPECT_TRUE(super_block());
    EXPECT_EQ(outcome.status.ok(), active_max == 5);
    EXPECT_EQ(destination_->bytes(8 * 32, 9) == source_->bytes(8 * 32, 9), active_max == 5);
    if (outcome.status) continue;
    EXPECT_EQ(outcome.status.error().code(), EOVERFLOW);
    EXPECT_FALSE(changed());
  }
}

TEST_F(CloneTest, KeepsItsSuperBlockWhileItBringsWhatIsNew) {
  make("SSSSSSSSS", {4, 4});
  format();
  for (const ZoneIndex zone : {1, 3, 5}) put(zone, zone);
  ASSERT_TRUE(clone(usual).status);
  for (const ZoneIndex zone : {2, 4, 6, 7, 8}) put(zone, 24, true);
  destination_->clear_log();
  // One place is left, however many zones could be copied at once.
  const Outcome outcome = clone(resuming());
  ASSERT_TRUE(outcome.status) << outcome.status.error().to_string();
  EXPECT_TRUE(equal());
  EXPECT_EQ(destination_->count(Command::reset), 0U);
}

TEST_F(CloneTest, RefusesToResumeWhereZoneZeroHoldsDataBehindZeros) {
  make_usual("SSSSSSSS", {});
  std::vector<std::byte> data(12 * 512);
  data.back() = std::byte{1};
  destination_->preload(0, data);
  EXPECT_EQ(clone(resuming()).status.error().code(), EEXIST);
  EXPECT_EQ(destination_->count(Command::reset), 0U);
}

TEST_F(CloneTest, UsesAllActiveZonesThatThereAre) {
  // Four zones stay active, zone 0 needs a place for a moment, and there are four.
  for (const std::string layout : {"SSSSSSSSS", "CSSSSSSSS"}) {
    make(layout, {2, 4});
    format();
    for (const ZoneIndex zone : {1, 3, 5, 7}) put(zone, zone);
    put(2, 24);
    put(6, 5, true);
    const Outcome outcome = clone(usual);
    ASSERT_TRUE(outcome.status) << outcome.status.error().to_string();
    EXPECT_TRUE(equal()) << layout;
    EXPECT_TRUE(super_block()) << layout;
  }
}

TEST_F(CloneTest, WithoutAFileSystemZoneZeroIsDataThatComesLast) {
  for (const std::string layout : {"CCSSSSSS", "SSSSSSSS"}) {
    make(layout, {3, 4});
    source_->preload(0, pattern(20, 512, 1));
    put(3, 24);
    put(4, 7);
    ASSERT_TRUE(clone(usual).status) << layout;
    EXPECT_TRUE(equal()) << layout;
    EXPECT_EQ(source_->bytes(0, 24), destination_->bytes(0, 24)) << layout;
    EXPECT_TRUE(clone(resuming()).done_before) << layout;
  }
}

/// Fails at the command of each number in turn, and each time goes on from what that has left.
TEST_F(CloneTest, GoesOnFromAnErrorAtAnyCommand) {
  const CopyLimits copies{4, 8, 16};
  struct Case {
    std::string layout;
    ResourceLimits limits;
    CopyLimits copies;
    bool raw = false;
  };
  const std::vector<Case> cases = {{"CCSSSSSS", {3, 4}, {}},     {"SSSSSSSS", {1, 2}, {}},
                                   {"SSSSSSSS", {2, 2}, copies}, {"CCSSSSSS", {3, 4}, copies},
                                   {"CCSSSSSS", {}, {}, true},   {"SSSSSSSS", {2, 3}, {}, true}};
  for (const Case& each : cases) {
    bool failed = true;
    std::uint64_t step = 0;
    for (; failed; ++step) {
      make_usual(each.layout, each.limits, each.copies);
      if (each.raw) source_->zones()[0].data[10] = std::byte{99};
      Fault fault;
      fault.skip = step;
      fault.times = 1000;
      fault.blocks_landed = step % 3;
      destination_->inject(fault);
      const Outcome first = clone(usual);
      failed = !first.status;
      EXPECT_TRUE(each.raw || !super_block() || equal() || each.limits.max_active_zones == 2)
          << "step " << step << " of " << each.layout << " has a super block too early";
      destination_->clear_faults();
      Outcome second = clone(resuming());
      ASSERT_TRUE(second.status) << "step " << step << " of " << each.layout << ": "
                                 << second.status.error().to_string();
      EXPECT_EQ(second.differences, 0U) << step;
      ASSERT_TRUE(equal()) << "step " << step << " of " << each.layout;
      ASSERT_TRUE(each.raw || super_block());
    }
    EXPECT_GT(step, 40U);
  }
}

}  // namespace
}  // namespace zonecopy::cloning
