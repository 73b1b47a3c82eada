// Gathers on simulated devices: the commands that are sent, and reports that stay exact where devices fail.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "src/gather/open_path.h"
#include "src/gather/prepared.h"
#include "src/gather/zone_file.h"
#include "tests/support/device/sim_device.h"
#include "tests/support/loop/loop_test.h"

namespace zonecopy::gather {
namespace {

using test::Command;
using test::Fault;
using test::SimDevice;
using test::SimSpec;

constexpr std::uint64_t block = 512;
constexpr ZoneIndex victim = 3;
constexpr ZoneIndex fresh = 4;
constexpr ZoneIndex mirror = 5;

/// A device, and how it is given to zones.
struct Simulated {
  explicit Simulated(const std::shared_ptr<EventLoop>& loop, const SimSpec& spec)
      : open(std::make_shared<OpenDevice>()) {
    auto device = std::make_unique<SimDevice>(spec);
    sim = device.get();
    open->loop = loop;
    open->device = std::move(device);
  }
  std::shared_ptr<OpenDevice> open;
  SimDevice* sim;
};

/// A clock that stands still but while somebody sleeps, who then sleeps a little too long.
class MovedClock final : public StepClock {
 public:
  [[nodiscard]] std::chrono::nanoseconds now() const override { return now_; }
  void sleep(std::chrono::nanoseconds duration) override {
    now_ += duration + std::chrono::microseconds(300);
    if (on_sleep) on_sleep();
  }
  std::function<void()> on_sleep;

 private:
  std::chrono::nanoseconds now_{std::chrono::hours(1)};
};

class GatherDevices : public testing::Test {
 protected:
  static SimSpec spec() {
    SimSpec spec;
    spec.zone_size_blocks = 1024;
    spec.zone_capacity_blocks = 1000;
    spec.copy_limits = CopyLimits{128, 64, 512};
    return spec;
  }
  static SimSpec spec_without_copy() {
    SimSpec without = spec();
    without.copy_limits = CopyLimits();
    return without;
  }

  std::shared_ptr<ZoneFile> zone(const Simulated& device, ZoneIndex index) {
    return ZoneFile::open(device.open, device.sim->info().path, index, true).value();
  }

  /// Fills a zone: each block has bytes of its own.
  static void fill(const Simulated& device, ZoneIndex index) {
    const Zone& at = device.sim->zones()[index].zone;
    for (Lba lba = at.start_lba; lba < at.end_lba(); ++lba) {
      std::vector<std::byte> data(block);
      const std::uint64_t value = lba + 1;
      for (std::size_t i = 0; i < block; i += sizeof value) std::memcpy(&data[i], &value, sizeof value);
      device.sim->preload(lba, data);
    }
    device.sim->clear_log();
  }

  std::vector<GatherReport> run(const std::vector<GatherRange>& ranges,
                                const std::vector<GatherDestination>& destinations, const GatherOptions& options = {}) {
    Result<Prepared> prepared = prepare(ranges, destinations, options);
    EXPECT_TRUE(prepared) << (prepared ? "" : prepared.error().to_string());
    return prepared ? carry_out(std::move(*prepared), clock_) : std::vector<GatherReport>(destinations.size());
  }

  /// `count` blocks of the victim, each `distance` behind the one before.
  static std::vector<GatherRange> scattered(const std::shared_ptr<ZoneFile>& file, std::uint64_t count,
                                            std::uint64_t distance) {
    std::vector<GatherRange> ranges;
    for (std::uint64_t i = 0; i < count; ++i) ranges.push_back({file, i * distance * block, block});
    return ranges;
  }

  /// What the zone holds is the first so many of the scattered blocks.
  static void expect_scattered(const Simulated& device, ZoneIndex to, std::uint64_t blocks, std::uint64_t distance) {
    const SimDevice& sim = *device.sim;
    EXPECT_EQ(sim.written_blocks(to), blocks);
    const Lba from_lba = sim.zones()[victim].zone.start_lba;
    const Lba to_lba = sim.zones()[to].zone.start_lba;
    for (std::uint64_t i = 0; i < blocks; ++i) {
      EXPECT_EQ(sim.bytes(to_lba + i, 1), sim.bytes(from_lba + i * distance, 1)) << "block " << i << " of zone " << to;
    }
  }

  std::shared_ptr<EventLoop> loop_ = test::make_loop();
  MovedClock clock_;
};

TEST_F(GatherDevices, SmallRangesAreFewCommandsAndAsPlanned) {
  const Simulated device(loop_, spec());
  fill(device, victim);
  const auto ranges = scattered(zone(device, victim), 200, 5);
  const Result<Prepared> prepared = prepare(ranges, std::vector<GatherDestination>{{zone(device, fresh), {}}}, {});
  ASSERT_TRUE(prepared);
  const GatherPlan plan = plan_of(*prepared);
  EXPECT_EQ(plan.commands.size(), 2U) << "200 ranges of which a command takes 128";
  EXPECT_EQ(plan.not_offloaded_because, "");
  EXPECT_EQ(device.sim->count(Command::copy), 0U) << "a plan touches nothing";
  const GatherReport report = run(ranges, {{zone(device, fresh), {}}}).front();
  EXPECT_FALSE(report.error);
  EXPECT_EQ(report.commands, 2U);
  EXPECT_EQ(report.bytes_offloaded, 200 * block);
  EXPECT_EQ(device.sim->count(Command::copy), 2U);
  EXPECT_EQ(device.sim->count(Command::read) + device.sim->count(Command::write), 0U);
  std::vector<std::vector<CopyRange>> sent;
  for (const auto& record : device.sim->log()) {
    if (record.command == Command::copy) sent.push_back(record.ranges);
  }
  for (std::size_t i = 0; i < sent.size(); ++i) EXPECT_EQ(sent[i], plan.commands[i].ranges);
  expect_scattered(device, fresh, 200, 5);
}

TEST_F(GatherDevices, ACommandThatFailsEndsAtWhatItHasCopied) {
  const Simulated device(loop_, spec());
  fill(device, victim);
  Fault fault;
  fault.command = Command::copy;
  fault.skip = 1;
  fault.blocks_landed = 20;
  fault.ranges_done = 20;
  device.sim->inject(fault);
  const GatherReport report = run(scattered(zone(device, victim), 200, 5), {{zone(device, fresh), {}}}).front();
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->code(), EIO);
  EXPECT_EQ(report.bytes, (128 + 20) * block);
  EXPECT_EQ(report.failed_range, std::size_t{148});
  EXPECT_EQ(report.commands, 2U);
  expect_scattered(device, fresh, 148, 5);
}

TEST_F(GatherDevices, MirrorsThatOffloadReadNothing) {
  const Simulated device(loop_, spec());
  fill(device, victim);
  const auto reports =
      run(scattered(zone(device, victim), 100, 7), {{zone(device, fresh), {}}, {zone(device, mirror), {}}});
  for (const GatherReport& report : reports) {
    EXPECT_EQ(report.bytes_offloaded, 100 * block);
    EXPECT_EQ(report.commands, 1U);
  }
  EXPECT_EQ(device.sim->count(Command::read), 0U);
  expect_scattered(device, fresh, 100, 7);
  expect_scattered(device, mirror, 100, 7);
}

TEST_F(GatherDevices, MirrorsThatDoNotAreReadOnce) {
  const Simulated device(loop_, spec_without_copy());
  fill(device, victim);
  device.sim->clear_log();
  const auto reports =
      run(scattered(zone(device, victim), 100, 7), {{zone(device, fresh), {}}, {zone(device, mirror), {}}});
  for (const GatherReport& report : reports) EXPECT_EQ(report.bytes_emulated, 100 * block);
  EXPECT_EQ(device.sim->count(Command::read), 100U) << "one for each block, not two";
  expect_scattered(device, fresh, 100, 7);
  expect_scattered(device, mirror, 100, 7);
}

TEST_F(GatherDevices, AMirrorThatFailsLeavesTheOtherWhole) {
  for (const bool copies : {true, false}) {
    const Simulated device(loop_, copies ? spec() : spec_without_copy());
    fill(device, victim);
    Fault fault;
    fault.command = copies ? Command::copy : Command::write;
    fault.zone = fresh;
    fault.skip = copies ? 0 : 3;
    device.sim->inject(fault);
    const auto reports =
        run(scattered(zone(device, victim), 100, 7), {{zone(device, fresh), {}}, {zone(device, mirror), {}}});
    ASSERT_TRUE(reports[0].error);
    EXPECT_EQ(reports[0].bytes, device.sim->written_blocks(fresh) * block);
    EXPECT_EQ(reports[0].failed_range, device.sim->written_blocks(fresh));
    EXPECT_FALSE(reports[1].error);
    expect_scattered(device, mirror, 100, 7);
  }
}

TEST_F(GatherDevices, AWriteThatHasLandedInPartCounts) {
  // From a file, so that this process writes.
  const Simulated device(loop_, spec());
  std::string path = (std::filesystem::temp_directory_path() / "zonecopy-XXXXXX").string();
  FileDescriptor file(mkstemp(path.data()));
  std::filesystem::remove(path);
  const std::vector<std::byte> content(40 * block, std::byte{7});
  ASSERT_EQ(pwrite(file.get(), content.data(), content.size(), 0), static_cast<ssize_t>(content.size()));
  const auto source = open_duplicate(file.get()).value();
  Fault fault;
  fault.command = Command::write;
  fault.skip = 2;
  fault.blocks_landed = 3;
  device.sim->inject(fault);
  const GatherReport report =
      run({{source, 0, 10 * block}, {source, 10 * block, 30 * block}}, {{zone(device, fresh), {}}}).front();
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->code(), EIO);
  EXPECT_EQ(device.sim->written_blocks(fresh), 8U + 8U + 3U) << "two writes of the largest length, and a part of one";
  EXPECT_EQ(report.bytes, 19 * block);
  EXPECT_EQ(report.failed_range, std::size_t{1});
}

TEST_F(GatherDevices, AGatherBeginsWhereTheZoneEndsNow) {
  const Simulated device(loop_, spec());
  fill(device, victim);
  device.sim->zones().foreign_write(fresh, 2);
  const auto to = zone(device, fresh);
  const GatherReport first = run(scattered(zone(device, victim), 10, 3), {{to, {}}}).front();
  EXPECT_EQ(first.offset_bytes, 2 * block);
  const GatherReport second = run(scattered(zone(device, victim), 10, 3), {{to, 12 * block}}).front();
  EXPECT_FALSE(second.error);
  EXPECT_EQ(device.sim->written_blocks(fresh), 22U);
  EXPECT_FALSE(prepare(scattered(zone(device, victim), 1, 1), std::vector<GatherDestination>{{to, 12 * block}}, {}));
}

TEST_F(GatherDevices, ARateIsHeldWhateverTheNumberOfDestinations) {
  for (const std::uint64_t rate : {2'000ULL, 100'000ULL, 900'000ULL}) {
    const Simulated device(loop_, spec());
    fill(device, victim);
    GatherOptions options;
    options.bytes_per_second = rate;
    const std::chrono::nanoseconds begin = clock_.now();
    const auto reports =
        run({{zone(device, victim), 0, 900 * block}}, {{zone(device, fresh), {}}, {zone(device, mirror), {}}}, options);
    const double seconds = std::chrono::duration<double>(clock_.now() - begin).count();
    const double wanted = 900.0 * block / static_cast<double>(rate);
    EXPECT_EQ(reports[1].bytes, 900 * block);
    EXPECT_GE(seconds, wanted * 0.95) << rate << " bytes a second";
    EXPECT_LE(seconds, wanted * 1.05) << rate << " bytes a second";
  }
}

TEST_F(GatherDevices, AStopEndsAWait) {
  const Simulated device(loop_, spec());
  fill(device, victim);
  std::atomic<bool> stop{false};
  GatherOptions options;
  options.bytes_per_second = 100;  // a block takes five seconds
  options.stop = &stop;
  int sleeps = 0;
  clock_.on_sleep = [&] { stop = ++sleeps == 150; };
  const std::chrono::nanoseconds begin = clock_.now();
  const GatherReport report =
      run({{zone(device, victim), 0, 900 * block}}, {{zone(device, fresh), {}}}, options).front();
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->code(), EINTR);
  EXPECT_EQ(sleeps, 150) << "the first sleep after the stop is not begun";
  EXPECT_EQ(report.bytes, device.sim->written_blocks(fresh) * block);
  EXPECT_LE(clock_.now() - begin, std::chrono::milliseconds(150 * 51)) << "no sleep is longer than 50 ms";
}

}  // namespace
}  // namespace zonecopy::gather
