// One read of the sources for several destinations: whichever way each goes and whatever fails, every report is exact.
#include <algorithm>
#include <map>

#include "tests/model/copy_fixture.h"
#include "tests/support/copy/pace_timers.h"

namespace zonecopy::test {

namespace {

CopyOptions options_of(CopyMode mode, std::uint32_t depth = 4) {
  CopyOptions options;
  options.mode = mode;
  options.read_ahead_depth = depth;
  options.transfer_bytes = 2 * 512;
  return options;
}

const std::vector<Extent> gathered = {{70, 3}, {32, 5}, {37, 2}, {66, 1}, {50, 6}, {64, 1}, {40, 4}};
constexpr std::uint64_t gathered_blocks = 22;

/// Reads of each block.
std::uint64_t most_reads_of_a_block(const SimDevice& device) {
  std::map<Lba, std::uint64_t> reads;
  std::uint64_t most = 0;
  for (const CommandRecord& record : device.log()) {
    if (record.command != Command::read) continue;
    for (Lba lba = record.lba; lba < record.lba + record.blocks; ++lba) most = std::max(most, ++reads[lba]);
  }
  return most;
}

/// A source without Copy of its own, one mirror that can copy from it, and two that cannot.
struct Mirrors {
  explicit Mirrors(std::uint64_t seed = 1) {
    SimSpec spec;
    spec.layout = "CSSSSSSS";
    spec.seed = seed;
    spec.max_delay = 9;
    spec.path = "source";
    source = std::make_unique<SimDevice>(spec);
    spec.path = "plain";
    plain = std::make_unique<SimDevice>(spec);
    spec.path = "clever";
    spec.copy_limits = CopyLimits{4, 5, 12};
    spec.copies_across_devices = true;
    clever = std::make_unique<SimDevice>(spec);
  }

  std::unique_ptr<SimDevice> source;
  std::unique_ptr<SimDevice> plain;
  std::unique_ptr<SimDevice> clever;
};

}  // namespace

class MirrorTest : public CopyTest {
 protected:
  struct To {
    SimDevice& device;
    ZoneIndex zone;
    std::uint64_t blocks_max = ~std::uint64_t{0};  ///< room, if it is less than the zone
  };

  std::vector<CopyReport> mirror(SimDevice& source, const std::vector<To>& destinations, const CopyOptions& options,
                                 const CancelToken* cancel = nullptr) {
    std::vector<CopyDestination> to;
    jobs_.clear();
    for (const To& each : destinations) {
      Destination room = whole_zone(each.device, each.zone);
      room.blocks = std::min(room.blocks, each.blocks_max);
      to.push_back(CopyDestination{&each.device, room});
      jobs_.push_back(CopyJob{gathered, room});
    }
    std::vector<CopyReport> reports = run(copy_to_all(loop(), source, gathered, to, options, cancel));
    EXPECT_EQ(reports.size(), destinations.size());
    EXPECT_EQ(source.in_flight(), 0U);
    return reports;
  }

  void expect_all_exact(SimDevice& source, const std::vector<To>& destinations, const std::vector<CopyReport>& reports,
                        bool torn = false) {
    for (std::size_t i = 0; i < destinations.size(); ++i) {
      SCOPED_TRACE("destination " + std::to_string(i));
      EXPECT_EQ(destinations[i].device.in_flight(), 0U);
      expect_exact(source, destinations[i].device, jobs_[i], reports[i], torn && reports[i].error.has_value());
    }
  }

 private:
  std::vector<CopyJob> jobs_;
};

TEST_F(MirrorTest, one_read_serves_all) {
  SimDevice alone(spec_without_copy());
  fill_zones(alone, 1, 2);
  mirror(alone, {{alone, 4}}, options_of(CopyMode::automatic));
  SimDevice device(spec_without_copy());
  fill_zones(device, 1, 2);
  const std::vector<To> to = {{device, 4}, {device, 6}, {device, 5}};
  const std::vector<CopyReport> reports = mirror(device, to, options_of(CopyMode::automatic));
  expect_all_exact(device, to, reports);
  for (const CopyReport& report : reports) EXPECT_EQ(report.blocks_emulated, gathered_blocks);
  EXPECT_EQ(device.count(Command::read), alone.count(Command::read));
  EXPECT_EQ(most_reads_of_a_block(device), 1U);
  EXPECT_EQ(device.count(Command::write), 3 * alone.count(Command::write));
  EXPECT_GT(device.peak(Command::write), 1U) << "one destination after the other";
}

TEST_F(MirrorTest, those_that_can_are_offloaded) {
  Mirrors mirrors;
  fill_zones(*mirrors.source, 1, 2);
  const std::vector<To> to = {{*mirrors.plain, 4}, {*mirrors.clever, 4}, {*mirrors.plain, 2}, {*mirrors.clever, 5}};
  const std::vector<CopyReport> reports = mirror(*mirrors.source, to, options_of(CopyMode::automatic));
  expect_all_exact(*mirrors.source, to, reports);
  EXPECT_EQ(reports[0].blocks_emulated, gathered_blocks);
  EXPECT_EQ(reports[1].blocks_offloaded, gathered_blocks);
  EXPECT_EQ(reports[2].blocks_emulated, gathered_blocks);
  EXPECT_EQ(reports[3].blocks_offloaded, gathered_blocks);
  EXPECT_TRUE(reports[0].fallback_reason);
  EXPECT_FALSE(reports[1].fallback_reason);
  EXPECT_EQ(most_reads_of_a_block(*mirrors.source), 1U);
  EXPECT_GT(mirrors.clever->peak(Command::copy), 1U) << "one after the other";
}

TEST_F(MirrorTest, under_offload_the_others_are_refused) {
  Mirrors mirrors;
  fill_zones(*mirrors.source, 1, 2);
  const std::vector<To> to = {{*mirrors.plain, 4}, {*mirrors.clever, 4}};
  const std::vector<CopyReport> reports = mirror(*mirrors.source, to, options_of(CopyMode::offload));
  expect_all_exact(*mirrors.source, to, reports);
  ASSERT_TRUE(reports[0].error);
  EXPECT_EQ(reports[0].error->code(), EIO);
  EXPECT_FALSE(reports[1].error);
  EXPECT_EQ(mirrors.source->count(Command::read), 0U);
}

TEST_F(MirrorTest, each_gets_as_much_as_it_has_room_for) {
  for (const CopyMode mode : {CopyMode::automatic, CopyMode::emulate}) {
    Mirrors mirrors;
    fill_zones(*mirrors.source, 1, 2);
    const std::vector<To> to = {
        {*mirrors.plain, 4, 7}, {*mirrors.clever, 4, 20}, {*mirrors.plain, 2}, {*mirrors.plain, 3, 0}};
    const std::vector<CopyReport> reports = mirror(*mirrors.source, to, options_of(mode));
    expect_all_exact(*mirrors.source, to, reports);
    EXPECT_EQ(reports[0].blocks(), 7U);
    EXPECT_EQ(reports[1].blocks(), 20U);
    EXPECT_EQ(reports[2].blocks(), gathered_blocks);
    EXPECT_EQ(reports[3].blocks(), 0U);
    EXPECT_EQ(most_reads_of_a_block(*mirrors.source), 1U);
  }
}

/// Copy stops at another place on each of the destinations, and one read serves the rest.
TEST_F(MirrorTest, a_refused_Copy_joins_those_that_read) {
  Mirrors mirrors;
  fill_zones(*mirrors.source, 1, 2);
  for (const auto& [zone, skip] : std::vector<std::pair<ZoneIndex, std::uint64_t>>{{4, 0}, {5, 1}, {6, 100}}) {
    Fault fault;
    fault.command = Command::copy;
    fault.zone = zone;
    fault.skip = skip;
    fault.fall_back = true;
    mirrors.clever->inject(fault);
  }
  const std::vector<To> to = {{*mirrors.clever, 4}, {*mirrors.clever, 5}, {*mirrors.clever, 6}, {*mirrors.plain, 4}};
  const std::vector<CopyReport> reports = mirror(*mirrors.source, to, options_of(CopyMode::automatic));
  expect_all_exact(*mirrors.source, to, reports);
  for (const CopyReport& report : reports) EXPECT_EQ(report.blocks(), gathered_blocks);
  EXPECT_EQ(reports[0].blocks_offloaded, 0U);
  EXPECT_GT(reports[1].blocks_offloaded, 0U);
  EXPECT_GT(reports[1].blocks_emulated, 0U);
  EXPECT_EQ(reports[2].blocks_emulated, 0U);
  EXPECT_EQ(most_reads_of_a_block(*mirrors.source), 1U);
}

/// The only one that needs the first reads drops out, before the other one, which Copy has brought further, needs any.
TEST_F(MirrorTest, one_that_fails_early_leaves_those_whole_that_come_later) {
  for (const std::uint32_t depth : {1U, 4U}) {
    Mirrors mirrors;
    fill_zones(*mirrors.source, 1, 2);
    Fault refused;
    refused.command = Command::copy;
    refused.skip = 1;
    refused.fall_back = true;
    mirrors.clever->inject(refused);
    Fault failed;
    failed.command = Command::write;
    mirrors.plain->inject(failed);
    const std::vector<To> to = {{*mirrors.plain, 4}, {*mirrors.clever, 4}};
    const std::vector<CopyReport> reports = mirror(*mirrors.source, to, options_of(CopyMode::automatic, depth));
    expect_all_exact(*mirrors.source, to, reports);
    EXPECT_TRUE(reports[0].error);
    EXPECT_FALSE(reports[1].error);
    EXPECT_GT(reports[1].blocks_offloaded, 0U);
    EXPECT_GT(reports[1].blocks_emulated, 0U);
  }
}

TEST_F(MirrorTest, one_that_fails_leaves_the_others_whole) {
  const Watchdog watchdog("one of several destinations fails", 120);
  for (const ZoneIndex failing : {4U, 5U, 6U}) {
    for (std::uint64_t i = 0;; ++i) {
      SCOPED_TRACE("zone " + std::to_string(failing) + ", write " + std::to_string(i));
      ASSERT_LT(i, 100U);
      SimDevice device(spec_without_copy());
      fill_zones(device, 1, 2);
      Fault fault;
      fault.command = Command::write;
      fault.zone = failing;
      fault.skip = i;
      fault.blocks_landed = i % 3;
      device.inject(fault);
      const std::vector<To> to = {{device, 4}, {device, 5}, {device, 6}};
      const std::vector<CopyReport> reports = mirror(device, to, options_of(CopyMode::automatic));
      expect_all_exact(device, to, reports, true);
      for (std::size_t at = 0; at < to.size(); ++at) {
        EXPECT_EQ(reports[at].error.has_value(), to[at].zone == failing && device.fault_fired());
        if (reports[at].error) {
          EXPECT_EQ(reports[at].error->copy_side(), CopySide::destination);
        }
      }
      EXPECT_EQ(most_reads_of_a_block(device), 1U);
      if (!device.fault_fired()) break;
    }
  }
}

/// Nothing is read for those that have dropped out.
TEST_F(MirrorTest, where_all_have_failed_no_more_is_read) {
  SimDevice device(spec_without_copy());
  fill_zones(device, 1, 2);
  Fault fault;
  fault.command = Command::write;
  fault.times = 100;
  device.inject(fault);
  const std::vector<To> to = {{device, 4}, {device, 5}};
  const std::vector<CopyReport> reports = mirror(device, to, options_of(CopyMode::automatic, 1));
  expect_all_exact(device, to, reports);
  for (const CopyReport& report : reports) EXPECT_TRUE(report.error);
  EXPECT_LT(device.count(Command::read), 6U);
}

TEST_F(MirrorTest, a_source_that_fails_leaves_equal_prefixes) {
  for (const std::uint32_t depth : {1U, 4U}) {
    for (std::uint64_t i = 0;; ++i) {
      SCOPED_TRACE("depth " + std::to_string(depth) + ", read " + std::to_string(i));
      ASSERT_LT(i, 100U);
      SimDevice device(spec_without_copy());
      fill_zones(device, 1, 2);
      Fault fault;
      fault.command = Command::read;
      fault.skip = i;
      device.inject(fault);
      const std::vector<To> to = {{device, 4}, {device, 5}, {device, 6}};
      const std::vector<CopyReport> reports = mirror(device, to, options_of(CopyMode::automatic, depth));
      expect_all_exact(device, to, reports);
      for (const CopyReport& report : reports) {
        EXPECT_EQ(report.blocks(), reports[0].blocks());
        EXPECT_EQ(report.error.has_value(), device.fault_fired());
        if (report.error) {
          EXPECT_EQ(report.error->copy_side(), CopySide::source);
        }
      }
      if (!device.fault_fired()) break;
    }
  }
}

TEST_F(MirrorTest, cancelled_at_every_moment_leaves_exact_prefixes) {
  const Watchdog watchdog("mirrors cancelled at every moment", 120);
  for (std::uint64_t moment = 0;; ++moment) {
    SCOPED_TRACE("cancelled at command " + std::to_string(moment));
    ASSERT_LT(moment, 1000U);
    Mirrors mirrors(moment + 1);
    fill_zones(*mirrors.source, 1, 2);
    CancelToken cancel;
    if (moment == 0) cancel.request();
    std::uint64_t commands = 0;
    for (SimDevice* device : {mirrors.source.get(), mirrors.plain.get(), mirrors.clever.get()}) {
      device->on_command([&](Command) {
        if (++commands == moment) cancel.request();
      });
    }
    const std::vector<To> to = {{*mirrors.plain, 4}, {*mirrors.clever, 4}, {*mirrors.plain, 2}, {*mirrors.clever, 5}};
    const std::vector<CopyReport> reports = mirror(*mirrors.source, to, options_of(CopyMode::automatic), &cancel);
    expect_all_exact(*mirrors.source, to, reports);
    EXPECT_EQ(reports[0].blocks(), reports[2].blocks()) << "written together";
    for (const CopyReport& report : reports) {
      if (report.error) {
        EXPECT_EQ(report.error->code(), EINTR);
      }
    }
    if (!cancel.requested()) break;
  }
}

TEST_F(MirrorTest, one_with_other_blocks_drops_out) {
  Mirrors mirrors;
  fill_zones(*mirrors.source, 1, 2);
  SimSpec spec;
  spec.block_size_bytes = 4096;
  spec.max_transfer_bytes = 8 * 4096;
  SimDevice coarse(spec);
  const std::vector<To> to = {{coarse, 4}, {*mirrors.plain, 4}};
  const std::vector<CopyReport> reports = mirror(*mirrors.source, to, options_of(CopyMode::automatic));
  ASSERT_TRUE(reports[0].error);
  EXPECT_EQ(reports[0].error->code(), EINVAL);
  EXPECT_EQ(reports[0].error->device(), coarse.info().path);
  EXPECT_EQ(coarse.commands(), 0U);
  EXPECT_FALSE(reports[1].error);
  EXPECT_EQ(reports[1].blocks(), gathered_blocks);
}

TEST_F(MirrorTest, no_destinations_no_reports) {
  SimDevice device(spec_with_copy());
  EXPECT_TRUE(mirror(device, {}, options_of(CopyMode::automatic)).empty());
  EXPECT_EQ(device.commands(), 0U);
}

namespace {

class CountingPace final : public CopyPace {
 public:
  Task<void> before(std::uint64_t bytes, const CancelToken*) override {
    allowed_bytes += bytes;
    co_return;
  }
  void copied(std::uint64_t bytes) override { copied_bytes += bytes; }

  std::uint64_t allowed_bytes = 0;
  std::uint64_t copied_bytes = 0;
};

}  // namespace

TEST_F(MirrorTest, a_pace_counts_the_bytes_of_all_destinations_once) {
  for (const CopyMode mode : {CopyMode::offload, CopyMode::emulate}) {
    SCOPED_TRACE(std::string(to_string(mode)));
    SimDevice device(spec_with_copy());
    fill_zones(device, 1, 2);
    Fault fault;  // one of them drops out, which holds nothing up
    fault.zone = 6;
    fault.skip = 1;
    device.inject(fault);
    CountingPace pace;
    CopyOptions options = options_of(mode);
    options.pace = &pace;
    const std::vector<To> to = {{device, 4}, {device, 5}, {device, 6}, {device, 7, 3}};
    const std::vector<CopyReport> reports = mirror(device, to, options);
    expect_all_exact(device, to, reports);
    EXPECT_EQ(pace.allowed_bytes, gathered_blocks * 512);
    EXPECT_EQ(pace.copied_bytes, gathered_blocks * 512);
  }
}

/// Any number of faults on any devices: reports stay exact, and the source is read once.
TEST_F(MirrorTest, random_faults) {
  const Watchdog watchdog("mirrors with random faults", 300);
  for (const std::uint64_t seed : seeds(1, 300)) {
    SCOPED_TRACE("ZONECOPY_SEED=" + std::to_string(seed));
    Random random(seed);
    Mirrors mirrors(seed);
    fill_zones(*mirrors.source, 1, 2);
    for (std::uint64_t left = random.below(4); left > 0; --left) {
      Fault fault;
      fault.skip = random.below(20);
      fault.fall_back = random.percent(50);
      SimDevice* const where[] = {mirrors.source.get(), mirrors.plain.get(), mirrors.clever.get()};
      fault.command = fault.fall_back ? Command::copy : std::optional<Command>();
      where[random.below(3)]->inject(fault);
    }
    std::vector<To> to;
    for (ZoneIndex zone = 1; zone < 6; ++zone) {
      const std::uint64_t room = random.percent(30) ? random.below(gathered_blocks) : ~std::uint64_t{0};
      to.push_back(To{random.percent(50) ? *mirrors.plain : *mirrors.clever, zone, room});
    }
    CopyOptions options = options_of(CopyMode::automatic, static_cast<std::uint32_t>(random.between(1, 5)));
    BufferPool pool(2 * 512, random.between(1, 3), &loop().memory());
    if (random.percent(50)) options.buffers = &pool;
    const std::vector<CopyReport> reports = mirror(*mirrors.source, to, options);
    expect_all_exact(*mirrors.source, to, reports);
    EXPECT_LE(most_reads_of_a_block(*mirrors.source), 1U);
    EXPECT_EQ(pool.lent(), 0U);
  }
}

}  // namespace zonecopy::test
