// A long device behaves as a device of the same zones that is made of nothing else: random commands to both.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/support/random.h"
#include "tests/unit/device/linear/long_device.h"

namespace zonecopy::test {
namespace {

constexpr ZoneIndex zones = 9;
constexpr std::uint64_t zone_blocks = 32;

SimSpec copying(const char* path, const char* layout, std::uint64_t seed) {
  SimSpec spec = spec_of(path, layout, {4, 8, 20});
  spec.copies_across_devices = true;
  spec.seed = seed;
  return spec;
}

class LinearModel : public LoopTest {
 protected:
  void compare(std::uint64_t seed, std::uint64_t steps) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    random_ = Random(seed);
    // The same zones: the last two of B, three of A, the first two of B, the last two of A.
    made_ = make_long(loop(), {copying("A", "SPCCS", seed), copying("B", "CSSS", seed + 1)},
                      {{1, 2, 2}, {0, 0, 3}, {1, 0, 2}, {0, 3, 2}});
    plain_ = std::make_unique<SimDevice>(copying("plain", "SSSPCCSCS", seed + 2));
    for (std::uint64_t step = 0; step < steps && !HasFailure(); ++step) {
      SCOPED_TRACE(fmt::format("step {}", step));
      excuse_all();
      one_command();
    }
    compare_zones();
    compare_contents();
  }

 private:
  /// Or the simulated devices complain of commands that no careful host would send.
  void excuse_all() {
    for (SimDevice* device : {made_.below[0], made_.below[1], plain_.get()}) {
      for (ZoneIndex zone = 0; zone < device->zones().count(); ++zone) device->zones()[zone].disturbed = true;
    }
  }
  void one_command() {
    const std::uint64_t dice = random_.below(100);
    const auto zone = static_cast<ZoneIndex>(random_.below(zones));
    if (dice < 30) write(zone);
    else if (dice < 36) write_zeroes(zone);
    else if (dice < 48) append(zone);
    else if (dice < 64) manage(zone);
    else if (dice < 86) copy(zone);
    else if (dice < 96) read();
    else compare_zones();
  }
  /// The write pointer, mostly.
  Lba place_in(ZoneIndex index) {
    const Zone& zone = plain_->zones()[index].zone;
    if (!zone.sequential() || random_.percent(10)) return zone.start_lba + random_.below(zone.capacity_blocks);
    return std::min(zone.write_pointer_lba, zone.end_lba() - 1);
  }
  void same(const Status& of_long, const Status& of_plain) {
    ASSERT_EQ(of_long.ok(), of_plain.ok()) << (of_long ? of_plain : of_long).error().to_string();
    if (of_long) return;
    EXPECT_EQ(of_long.error().code(), of_plain.error().code());
    EXPECT_EQ(of_long.error().zone_refusal(), of_plain.error().zone_refusal());
    EXPECT_EQ(of_long.error().zone(), of_plain.error().zone());
    EXPECT_EQ(of_long.error().lba(), of_plain.error().lba());
    EXPECT_EQ(of_long.error().operation(), of_plain.error().operation());
  }
  void write(ZoneIndex zone) {
    const Lba lba = place_in(zone);
    const std::uint64_t left_blocks = plain_->info().zone_start(zone) + zone_blocks - lba;
    const Buffer data = counting(next_byte_++, std::min<std::uint64_t>(1 + random_.below(8), left_blocks));
    same(run(made_.device->write(lba, data.span())), run(plain_->write(lba, data.span())));
  }
  void write_zeroes(ZoneIndex zone) {
    const Lba lba = place_in(zone);
    const std::uint64_t blocks = 1 + random_.below(plain_->info().zone_start(zone) + zone_blocks - lba);
    same(run(made_.device->write_zeroes(lba, blocks)), run(plain_->write_zeroes(lba, blocks)));
  }
  void append(ZoneIndex zone) {
    if (!plain_->zones()[zone].zone.sequential()) return;
    const Buffer data = counting(next_byte_++, 1 + random_.below(4));
    const Result<Lba> one = run(made_.device->append(zone, data.span()));
    const Result<Lba> other = run(plain_->append(zone, data.span()));
    ASSERT_EQ(one.ok(), other.ok());
    if (one) {
      EXPECT_EQ(*one, *other);
    } else {
      same(one.error(), other.error());
    }
  }
  void manage(ZoneIndex zone) {
    const auto action = static_cast<ZoneAction>(random_.below(4));
    same(run(made_.device->manage_zone(zone, action)), run(plain_->manage_zone(zone, action)));
  }
  void copy(ZoneIndex zone) {
    CopyCommand command;
    command.destination_lba = place_in(zone);
    std::uint64_t room_blocks = plain_->zones()[zone].zone.end_lba() - command.destination_lba;
    for (std::uint64_t i = 0; i < 1 + random_.below(4) && room_blocks != 0; ++i) {
      const auto source = static_cast<ZoneIndex>(random_.below(zones));
      if (source == zone) continue;
      const std::uint64_t offset_blocks = random_.below(20);
      const std::uint64_t blocks = std::min({1 + random_.below(5), zone_blocks - offset_blocks, room_blocks});
      command.ranges.push_back({plain_->info().zone_start(source) + offset_blocks, static_cast<std::uint32_t>(blocks)});
      room_blocks -= blocks;
    }
    if (command.ranges.empty()) return;
    const CopyOutcome one = run(made_.device->copy(*made_.device, command, nullptr));
    const CopyOutcome other = run(plain_->copy(*plain_, command, nullptr));
    ASSERT_EQ(one.failure.has_value(), other.failure.has_value());
    // A copy that a zone refuses may have come further where it is several commands below.
    if (!one.failure) {
      EXPECT_EQ(one.blocks_copied, other.blocks_copied);
    } else if (one.blocks_copied != other.blocks_copied) {
      even_out(zone);
    }
  }
  /// Makes both zones empty, or, where that cannot be, their blocks equal.
  void even_out(ZoneIndex zone) {
    if (plain_->zones()[zone].zone.sequential()) {
      same(run(made_.device->manage_zone(zone, ZoneAction::reset)), run(plain_->manage_zone(zone, ZoneAction::reset)));
      return;
    }
    const Lba start_lba = plain_->info().zone_start(zone);
    same(run(made_.device->write_zeroes(start_lba, zone_blocks)), run(plain_->write_zeroes(start_lba, zone_blocks)));
  }
  void read() {
    const Lba lba = random_.below(zones * zone_blocks);
    const std::uint64_t blocks = std::min<std::uint64_t>(1 + random_.below(8), zone_blocks - lba % zone_blocks);
    const Buffer one(blocks * 512);
    const Buffer other(blocks * 512);
    same(run(made_.device->read(lba, one.span())), run(plain_->read(lba, other.span())));
    EXPECT_EQ(first_bytes(one.span()), first_bytes(other.span()));
  }
  void compare_zones() {
    const Result<std::vector<Zone>> one = run(made_.device->report_zones(0, 100));
    const Result<std::vector<Zone>> other = run(plain_->report_zones(0, 100));
    ASSERT_TRUE(one.ok() && other.ok());
    ASSERT_EQ(one->size(), other->size());
    for (std::size_t i = 0; i < one->size(); ++i) {
      EXPECT_EQ((*one)[i].index, (*other)[i].index);
      EXPECT_EQ((*one)[i].type, (*other)[i].type);
      EXPECT_EQ((*one)[i].condition, (*other)[i].condition) << "zone " << i;
      EXPECT_EQ((*one)[i].start_lba, (*other)[i].start_lba);
      EXPECT_EQ((*one)[i].capacity_blocks, (*other)[i].capacity_blocks);
      EXPECT_EQ((*one)[i].write_pointer_lba, (*other)[i].write_pointer_lba) << "zone " << i;
    }
  }
  void compare_contents() {
    for (Lba lba = 0; lba < zones * zone_blocks && !HasFailure(); lba += 8) {
      const Buffer one(8 * 512);
      const Buffer other(8 * 512);
      ASSERT_TRUE(run(made_.device->read(lba, one.span())).ok());
      ASSERT_TRUE(run(plain_->read(lba, other.span())).ok());
      EXPECT_EQ(first_bytes(one.span()), first_bytes(other.span())) << "from LBA " << lba;
    }
  }

  Random random_{0};
  std::uint8_t next_byte_ = 1;
  LongDevice made_;
  std::unique_ptr<SimDevice> plain_;
};

TEST_F(LinearModel, ActsAsOneDevice) {
  for (const std::uint64_t seed : seeds(1, 20)) compare(seed, operations(400));
}

}  // namespace
}  // namespace zonecopy::test
