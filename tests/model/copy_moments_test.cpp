// The copy engine interrupted and failing at every moment there is: what it reports is exact each time.
#include "tests/model/copy_fixture.h"

namespace zonecopy::test {

namespace {

struct Way {
  const char* name;
  CopyMode mode;
  std::uint32_t depth;
};

constexpr Way ways[] = {{"offload", CopyMode::offload, 1},
                        {"automatic", CopyMode::automatic, 4},
                        {"emulate, depth 1", CopyMode::emulate, 1},
                        {"emulate, depth 4", CopyMode::emulate, 4}};

CopyOptions options_of(const Way& way) {
  CopyOptions options;
  options.mode = way.mode;
  options.read_ahead_depth = way.depth;
  options.transfer_bytes = 2 * 512;
  return options;
}

CopyJob gathering_job(const Destination& destination) {
  CopyJob job;
  // Out of order, adjacent, across a zone boundary's gap, single blocks: everything a garbage collector gathers.
  job.sources = {{70, 3}, {32, 5}, {37, 2}, {66, 1}, {50, 6}, {64, 1}, {40, 4}};
  job.destination = destination;
  return job;
}

}  // namespace

TEST_F(CopyTest, cancelled_at_every_moment_leaves_an_exact_prefix) {
  const Watchdog watchdog("copy cancelled at every moment", 120);
  for (const Way& way : ways) {
    for (std::uint64_t moment = 0;; ++moment) {
      SCOPED_TRACE(std::string(way.name) + ", cancelled at command " + std::to_string(moment));
      ASSERT_LT(moment, 1000U);
      SimDevice device(spec_with_copy());
      fill_zones(device, 1, 2);
      CancelToken cancel;
      if (moment == 0) cancel.request();
      device.on_command([&](Command) {
        if (device.commands() == moment) cancel.request();
      });
      const CopyJob job = gathering_job(whole_zone(device, 4));
      const CopyReport report = copy_now(device, device, job, options_of(way), &cancel);
      expect_exact(device, device, job, report);
      EXPECT_EQ(device.in_flight(), 0U);
      if (report.error) {
        EXPECT_EQ(report.error->code(), EINTR);
      }
      if (moment == 0) {
        EXPECT_EQ(device.commands(), 0U);
      }
      if (moment == 0) {
        EXPECT_TRUE(report.error);
      }
      if (!cancel.requested()) break;
    }
  }
}

TEST_F(CopyTest, the_ith_command_fails) {
  const Watchdog watchdog("the i-th command of a copy fails", 120);
  for (const Way& way : ways) {
    for (std::uint64_t i = 0;; ++i) {
      SCOPED_TRACE(std::string(way.name) + ", command " + std::to_string(i) + " fails");
      ASSERT_LT(i, 1000U);
      SimDevice device(spec_with_copy());
      fill_zones(device, 1, 2);
      Fault fault;
      fault.skip = i;
      device.inject(fault);
      const CopyJob job = gathering_job(whole_zone(device, 4));
      const CopyReport report = copy_now(device, device, job, options_of(way));
      expect_exact(device, device, job, report);
      EXPECT_EQ(device.in_flight(), 0U);
      EXPECT_EQ(report.error.has_value(), device.fault_fired());
      if (report.error) {
        EXPECT_EQ(report.error->code(), EIO);
      }
      if (!device.fault_fired()) break;
    }
  }
}

TEST_F(CopyTest, the_ith_write_or_copy_lands_in_part) {
  const Watchdog watchdog("the i-th command of a copy is torn", 120);
  for (const Way& way : ways) {
    const Command kind = way.mode == CopyMode::emulate ? Command::write : Command::copy;
    for (std::uint64_t i = 0;; ++i) {
      SCOPED_TRACE(std::string(way.name) + ", command " + std::to_string(i) + " is torn");
      ASSERT_LT(i, 1000U);
      SimDevice device(spec_with_copy());
      fill_zones(device, 1, 2);
      Fault fault;
      fault.command = kind;
      fault.skip = i;
      fault.blocks_landed = 1 + i % 3;
      fault.ranges_done = static_cast<std::uint32_t>(i % 2);
      device.inject(fault);
      const CopyJob job = gathering_job(whole_zone(device, 4));
      const CopyReport report = copy_now(device, device, job, options_of(way));
      expect_exact(device, device, job, report, true);
      EXPECT_EQ(report.error.has_value(), device.fault_fired());
      if (!device.fault_fired()) break;
    }
  }
}

TEST_F(CopyTest, random_jobs) {
  for (const std::uint64_t seed : seeds(1, 300)) {
    SCOPED_TRACE("ZONECOPY_SEED=" + std::to_string(seed));
    Random random(seed);
    SimSpec spec;
    spec.layout = "SSSSSSS";
    spec.seed = seed;
    spec.max_transfer_bytes = static_cast<std::uint32_t>(random.between(1, 6)) * 512;
    if (random.percent(70)) {
      spec.copy_limits.max_ranges = static_cast<std::uint32_t>(random.between(1, 5));
      spec.copy_limits.max_range_blocks = static_cast<std::uint32_t>(random.between(1, 9));
      spec.copy_limits.max_total_blocks = static_cast<std::uint32_t>(random.between(1, 20));
    }
    SimDevice device(spec);
    fill_zones(device, 0, 4);
    CopyJob job;
    job.destination = whole_zone(device, 5);
    for (std::uint64_t left = random.between(1, 12); left > 0; --left) {
      Extent extent{random.below(4) * 32 + random.below(24), 0};
      // Blocks above the capacity of a zone are no source; what crosses a zone boundary comes in two-device tests.
      extent.blocks = random.between(1, 24 - extent.start_lba % 32);
      job.sources.push_back(extent);
    }
    CopyOptions options;
    options.transfer_bytes = static_cast<std::uint32_t>(random.between(1, 9)) * 512;
    options.read_ahead_depth = static_cast<std::uint32_t>(random.between(1, 5));
    const CopyReport report = copy_now(device, device, job, options);
    EXPECT_FALSE(report.error);
    expect_exact(device, device, job, report);
    if (!spec.copy_limits.available()) continue;
    EXPECT_EQ(report.blocks_emulated, 0U);
    EXPECT_EQ(report.copy_commands, fewest_commands(job, spec.copy_limits, 32));
  }
}

}  // namespace zonecopy::test
