// The copy engine over simulated devices: which way a copy goes, and that the report is exact.
#include <algorithm>
#include <optional>

#include "tests/model/copy_fixture.h"

namespace zonecopy::test {

namespace {

CopyOptions options_of(CopyMode mode) {
  CopyOptions options;
  options.mode = mode;
  options.transfer_bytes = 4 * 512;
  return options;
}

}  // namespace

TEST_F(CopyTest, offloads_with_the_fewest_commands) {
  SimDevice device(spec_with_copy());
  fill_zones(device, 1, 2);
  const CopyJob job{{{32, 13}, {40, 3}, {64, 8}}, whole_zone(device, 4)};
  const CopyReport report = copy_now(device, device, job, options_of(CopyMode::automatic));
  EXPECT_FALSE(report.error);
  EXPECT_FALSE(report.fallback_reason);
  EXPECT_EQ(report.blocks_offloaded, 24U);
  EXPECT_EQ(report.blocks_emulated, 0U);
  EXPECT_EQ(report.copy_commands, device.count(Command::copy));
  EXPECT_EQ(report.copy_commands, fewest_commands(job, device.info().copy_limits, 32));
  EXPECT_EQ(device.count(Command::read) + device.count(Command::write), 0U);
  expect_exact(device, device, job, report);
}

TEST_F(CopyTest, leaves_out_what_does_not_fit) {
  SimDevice device(spec_with_copy());
  fill_zones(device, 1, 2);
  for (const CopyMode mode : {CopyMode::offload, CopyMode::emulate}) {
    device.clear_log();
    Destination room = whole_zone(device, mode == CopyMode::offload ? 4 : 5);
    room.blocks = 7;
    const CopyJob job{{{32, 5}, {64, 8}}, room};
    const CopyReport report = copy_now(device, device, job, options_of(mode));
    EXPECT_FALSE(report.error);
    EXPECT_EQ(report.blocks(), 7U);
    expect_exact(device, device, job, report);
  }
}

TEST_F(CopyTest, does_nothing_for_no_sources) {
  SimDevice device(spec_with_copy());
  for (const CopyMode mode : {CopyMode::automatic, CopyMode::offload, CopyMode::emulate}) {
    const CopyJob job{{}, whole_zone(device, 4)};
    const CopyReport report = copy_now(device, device, job, options_of(mode));
    EXPECT_FALSE(report.error);
    EXPECT_EQ(report.blocks(), 0U);
  }
  EXPECT_EQ(device.commands(), 0U);
}

TEST_F(CopyTest, emulates_where_there_is_no_copy_and_says_why) {
  SimDevice device(spec_without_copy());
  fill_zones(device, 1, 1);
  const CopyJob job{{{32, 20}}, whole_zone(device, 4)};
  const CopyReport report = copy_now(device, device, job, options_of(CopyMode::automatic));
  EXPECT_FALSE(report.error);
  EXPECT_EQ(report.blocks_emulated, 20U);
  EXPECT_EQ(report.copy_commands, 0U);
  ASSERT_TRUE(report.fallback_reason);
  EXPECT_NE(report.fallback_reason->find(device.info().copy_unavailable), std::string::npos) << *report.fallback_reason;
  expect_exact(device, device, job, report);
}

TEST_F(CopyTest, emulates_where_it_is_asked_to) {
  SimDevice device(spec_with_copy());
  fill_zones(device, 1, 1);
  const CopyJob job{{{32, 20}}, whole_zone(device, 4)};
  const CopyReport report = copy_now(device, device, job, options_of(CopyMode::emulate));
  EXPECT_FALSE(report.error);
  EXPECT_EQ(report.blocks_emulated, 20U);
  EXPECT_EQ(device.count(Command::copy), 0U);
  // "Every copy is counted by path taken (offloaded, emulated) and, where emulated, why" (design, 3).
  EXPECT_TRUE(report.fallback_reason);
  expect_exact(device, device, job, report);
}

TEST_F(CopyTest, offload_only_fails_where_there_is_no_copy) {
  SimDevice device(spec_without_copy());
  fill_zones(device, 1, 1);
  const CopyJob job{{{32, 20}}, whole_zone(device, 4)};
  const CopyReport report = copy_now(device, device, job, options_of(CopyMode::offload));
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->code(), EIO);
  EXPECT_TRUE(report.fallback_reason);
  EXPECT_EQ(report.blocks(), 0U);
  EXPECT_EQ(device.commands(), 0U);
}

TEST_F(CopyTest, what_the_kernel_moves_is_not_offloaded) {
  SimSpec spec = spec_with_copy();
  spec.kernel_copies = true;
  SimDevice device(spec);
  fill_zones(device, 1, 2);
  const CopyJob job{{{32, 20}}, whole_zone(device, 4)};
  const CopyReport report = copy_now(device, device, job, options_of(CopyMode::automatic));
  EXPECT_FALSE(report.error);
  EXPECT_EQ(report.blocks_offloaded, 0U);
  EXPECT_EQ(report.blocks_kernel, 20U);
  EXPECT_EQ(report.blocks_emulated, 0U);
  EXPECT_EQ(report.fallback_reason, device.info().copy_moves_data);
  expect_exact(device, device, job, report);

  device.clear_log();
  const CopyJob second{{{32, 20}}, whole_zone(device, 5)};
  const CopyReport refused = copy_now(device, device, second, options_of(CopyMode::offload));
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->code(), EIO);
  EXPECT_EQ(refused.fallback_reason, device.info().copy_moves_data);
  EXPECT_EQ(refused.blocks(), 0U);
  EXPECT_TRUE(device.log().empty());
}

TEST_F(CopyTest, tells_a_person_how_copies_will_go) {
  DeviceInfo drive;
  drive.copy_limits = CopyLimits{1, 1, 1};
  drive.copy_mechanism = "NVMe Copy";
  DeviceInfo moving = drive;
  moving.copy_mechanism = "copy_file_range";
  moving.copy_moves_data = "nothing is shared";
  DeviceInfo none;
  none.copy_unavailable = "there is no Copy";
  struct Row {
    const DeviceInfo& info;
    CopyMode mode;
    const char* text;
  };
  const Row rows[] = {
      {drive, CopyMode::automatic, "offloaded by NVMe Copy"},
      {drive, CopyMode::offload, "offloaded by NVMe Copy"},
      {drive, CopyMode::emulate, "emulated: copy=emulate asks for it"},
      {moving, CopyMode::automatic, "made by the kernel (copy_file_range): nothing is shared"},
      {moving, CopyMode::offload, "refused, as copy=offload demands: nothing is shared"},
      {none, CopyMode::automatic, "emulated: there is no Copy"},
      {none, CopyMode::offload, "refused, as copy=offload demands: there is no Copy"},
  };
  for (const Row& row : rows) EXPECT_EQ(describe_copies(row.info, row.mode), row.text);
}

TEST_F(CopyTest, falls_back_when_the_device_refuses_at_any_command) {
  for (std::uint64_t refused = 0; refused < 4; ++refused) {
    SCOPED_TRACE("refused command " + std::to_string(refused));
    SimDevice device(spec_with_copy());
    fill_zones(device, 1, 2);
    Fault fault;
    fault.command = Command::copy;
    fault.skip = refused;
    fault.fall_back = true;
    fault.code = EOPNOTSUPP;
    device.inject(fault);
    const CopyJob job{{{32, 24}}, whole_zone(device, 4)};
    const CopyReport report = copy_now(device, device, job, options_of(CopyMode::automatic));
    EXPECT_FALSE(report.error);
    EXPECT_EQ(report.blocks(), 24U);
    EXPECT_EQ(report.copy_commands, device.count(Command::copy));
    EXPECT_EQ(report.fallback_reason.has_value(), device.fault_fired());
    EXPECT_EQ(report.blocks_emulated > 0, device.fault_fired());
    EXPECT_EQ(report.blocks_offloaded > 0, refused > 0);
    expect_exact(device, device, job, report);
  }
}

TEST_F(CopyTest, a_device_that_refuses_for_good_is_asked_once) {
  for (const bool for_good : {true, false}) {
    SCOPED_TRACE(for_good ? "for good" : "this time");
    SimDevice device(spec_with_copy());
    fill_zones(device, 1, 2);
    Fault fault;
    fault.command = Command::copy;
    fault.times = ~std::uint64_t{0};
    fault.fall_back = true;
    fault.never = for_good;
    fault.code = EOPNOTSUPP;
    device.inject(fault);
    for (const ZoneIndex zone : {4U, 5U}) {
      const CopyJob job{{{32, 24}}, whole_zone(device, zone)};
      const CopyReport report = copy_now(device, device, job, options_of(CopyMode::automatic));
      EXPECT_FALSE(report.error);
      EXPECT_EQ(report.blocks_emulated, 24U);
      ASSERT_TRUE(report.fallback_reason);
      EXPECT_NE(report.fallback_reason->find("simulated"), std::string::npos) << "the reason of the first refusal";
      expect_exact(device, device, job, report);
    }
    EXPECT_EQ(device.count(Command::copy), for_good ? 1U : 2U);
    EXPECT_EQ(device.info().copy_limits.available(), !for_good);
    EXPECT_EQ(device.info().copy_path(), for_good ? CopyPath::emulated : CopyPath::offloaded);
    EXPECT_EQ(device.info().copy_mechanism.empty(), for_good);
    EXPECT_EQ(device.info().copy_unavailable.empty(), !for_good);

    const CopyJob job{{{32, 24}}, whole_zone(device, 6)};
    const CopyReport refused = copy_now(device, device, job, options_of(CopyMode::offload));
    ASSERT_TRUE(refused.error);
    EXPECT_EQ(refused.error->code(), EIO);
    EXPECT_EQ(refused.error->copy_side(), std::nullopt) << "neither side has failed";
    EXPECT_EQ(refused.blocks(), 0U);
  }
}

/// A copy that has planned its commands before another one, at the same time, met the refusal.
TEST_F(CopyTest, a_refusal_for_good_stops_the_commands_of_others) {
  SimDevice device(spec_with_copy());
  fill_zones(device, 1, 2);
  Fault fault;
  fault.command = Command::copy;
  fault.zone = 4;
  fault.fall_back = true;
  fault.never = true;
  device.inject(fault);
  std::vector<CopyJob> jobs;
  for (const ZoneIndex zone : {3U, 4U, 5U}) jobs.push_back(CopyJob{{{32, 24}}, whole_zone(device, zone)});
  const CopyOptions options = options_of(CopyMode::automatic);
  const std::vector<CopyReport> reports = run(copy_all(loop(), device, device, jobs, options, nullptr));
  for (std::size_t at = 0; at < jobs.size(); ++at) {
    EXPECT_FALSE(reports[at].error);
    EXPECT_TRUE(reports[at].fallback_reason);
    EXPECT_GT(reports[at].blocks_emulated, 0U);
    expect_exact(device, device, jobs[at], reports[at]);
  }
}

TEST_F(CopyTest, offload_only_does_not_fall_back) {
  SimDevice device(spec_with_copy());
  fill_zones(device, 1, 2);
  Fault fault;
  fault.command = Command::copy;
  fault.skip = 1;
  fault.fall_back = true;
  device.inject(fault);
  const CopyJob job{{{32, 24}}, whole_zone(device, 4)};
  const CopyReport report = copy_now(device, device, job, options_of(CopyMode::offload));
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->code(), EIO);
  EXPECT_TRUE(report.fallback_reason);
  EXPECT_EQ(device.count(Command::read) + device.count(Command::write), 0U);
  EXPECT_EQ(report.blocks_offloaded, 12U);
  expect_exact(device, device, job, report);
}

TEST_F(CopyTest, does_not_read_and_write_what_the_zone_refused) {
  SimDevice device(spec_with_copy());
  fill_zones(device, 1, 2);
  Fault fault;
  fault.command = Command::copy;
  fault.skip = 1;
  fault.ranges_done = 1;
  device.inject(fault);
  const CopyJob job{{{32, 24}}, whole_zone(device, 4)};
  const CopyReport report = copy_now(device, device, job, options_of(CopyMode::automatic));
  ASSERT_TRUE(report.error);
  EXPECT_EQ(device.count(Command::read) + device.count(Command::write), 0U);
  EXPECT_EQ(report.blocks_offloaded, 12U + 5U);
  expect_exact(device, device, job, report, true);
}

TEST_F(CopyTest, emulation_reads_ahead_and_writes_in_order) {
  for (const std::uint32_t depth : {1U, 2U, 4U}) {
    SCOPED_TRACE("depth " + std::to_string(depth));
    SimSpec spec = spec_without_copy();
    spec.max_delay = 9;
    SimDevice device(spec);
    fill_zones(device, 1, 1);
    CopyOptions options = options_of(CopyMode::automatic);
    options.read_ahead_depth = depth;
    options.transfer_bytes = 512;
    const CopyJob job{{{32, 24}}, whole_zone(device, 4)};
    const CopyReport report = copy_now(device, device, job, options);
    EXPECT_EQ(report.blocks_emulated, 24U);
    EXPECT_LE(device.peak(Command::read), depth);
    if (depth > 1) {
      EXPECT_GT(device.peak(Command::read), 1U) << "nothing was read ahead";
    }
    expect_exact(device, device, job, report);
  }
}

TEST_F(CopyTest, transfers_keep_to_the_limit_of_the_device) {
  SimSpec spec = spec_without_copy();
  spec.max_transfer_bytes = 3 * 512;
  SimDevice device(spec);
  fill_zones(device, 1, 1);
  CopyOptions options = options_of(CopyMode::automatic);
  options.transfer_bytes = 1U << 20;
  const CopyJob job{{{32, 24}}, whole_zone(device, 4)};
  const CopyReport report = copy_now(device, device, job, options);
  EXPECT_EQ(device.count(Command::write), 8U);
  expect_exact(device, device, job, report);
}

TEST_F(CopyTest, user_limits_lower_those_of_the_device) {
  SimDevice device(spec_with_copy());
  fill_zones(device, 1, 1);
  CopyOptions options = options_of(CopyMode::offload);
  options.user_limits = CopyLimits{1, 2, 100};
  const CopyJob job{{{32, 10}}, whole_zone(device, 4)};
  const CopyReport report = copy_now(device, device, job, options);
  EXPECT_EQ(report.copy_commands, 5U);
  for (const CommandRecord& record : device.log()) EXPECT_EQ(record.ranges.size(), 1U);
  expect_exact(device, device, job, report);
}

TEST_F(CopyTest, two_devices) {
  for (const bool can : {false, true}) {
    SCOPED_TRACE(can ? "one device can copy from the other" : "it cannot");
    SimSpec from_spec = spec_with_copy();
    from_spec.path = "from";
    from_spec.zone_size_blocks = 16;
    from_spec.zone_capacity_blocks = 16;
    SimSpec to_spec = spec_with_copy();
    to_spec.path = "to";
    to_spec.copies_across_devices = can;
    SimDevice from(from_spec);
    SimDevice to(to_spec);
    fill_zones(from, 1, 3, 7);
    const CopyJob job{{{20, 20}, {17, 2}}, whole_zone(to, 2)};
    const CopyReport report = copy_now(from, to, job, options_of(CopyMode::automatic));
    EXPECT_FALSE(report.error);
    EXPECT_EQ(report.blocks_offloaded, can ? 22U : 0U);
    EXPECT_EQ(report.fallback_reason.has_value(), !can);
    if (can) {
      EXPECT_EQ(report.copy_commands, fewest_commands(job, to.info().copy_limits, 16));
    }
    expect_exact(from, to, job, report);
  }
}

TEST_F(CopyTest, several_destinations_at_once) {
  for (const CopyMode mode : {CopyMode::offload, CopyMode::emulate}) {
    SCOPED_TRACE(std::string(to_string(mode)));
    SimSpec spec = spec_with_copy();
    spec.max_delay = 9;
    SimDevice device(spec);
    fill_zones(device, 1, 2);
    std::vector<CopyJob> jobs;
    for (const ZoneIndex zone : {5U, 3U, 4U}) {
      jobs.push_back(CopyJob{{{32 + zone, 13}, {64, 9}}, whole_zone(device, zone)});
    }
    const std::vector<CopyReport> reports = run(copy_all(loop(), device, device, jobs, options_of(mode), nullptr));
    ASSERT_EQ(reports.size(), jobs.size());
    for (std::size_t at = 0; at < jobs.size(); ++at) expect_exact(device, device, jobs[at], reports[at]);
    const Command command = mode == CopyMode::offload ? Command::copy : Command::write;
    EXPECT_GT(device.peak(command), 1U) << "one after the other";
    EXPECT_LE(device.peak_copies_of_a_zone(), 1U) << "several Copy commands to one zone at once";
  }
}

TEST_F(CopyTest, a_job_that_fails_does_not_stop_the_others) {
  for (const CopyMode mode : {CopyMode::offload, CopyMode::emulate}) {
    SimDevice device(spec_with_copy());
    fill_zones(device, 1, 2);
    Fault fault;
    fault.zone = 4;
    fault.skip = 1;
    device.inject(fault);
    std::vector<CopyJob> jobs;
    for (const ZoneIndex zone : {3U, 4U, 5U}) jobs.push_back(CopyJob{{{32, 20}}, whole_zone(device, zone)});
    const std::vector<CopyReport> reports = run(copy_all(loop(), device, device, jobs, options_of(mode), nullptr));
    ASSERT_EQ(reports.size(), 3U);
    EXPECT_EQ(reports[0].error.has_value(), false);
    EXPECT_EQ(reports[1].error.has_value(), true);
    EXPECT_EQ(reports[2].error.has_value(), false);
    for (std::size_t at = 0; at < jobs.size(); ++at) expect_exact(device, device, jobs[at], reports[at]);
  }
}

// Conventional zone 0 has room for as many blocks as a sequential one.
TEST_F(CopyTest, writes_that_need_no_order_overlap) {
  for (const std::uint32_t at_once : {1U, 3U}) {
    SimSpec spec = spec_without_copy();
    spec.max_delay = 9;
    SimDevice device(spec);
    fill_zones(device, 1, 1);
    CopyOptions options = options_of(CopyMode::automatic);
    options.writes_in_flight = at_once;
    options.transfer_bytes = 512;
    const CopyJob job{{{32, 24}}, Destination{0, 24}};
    const CopyReport report = copy_now(device, device, job, options);
    EXPECT_EQ(report.blocks_emulated, 24U);
    EXPECT_EQ(device.bytes(0, 24), expected_bytes(device, job, 24));
    EXPECT_LE(device.peak(Command::write), at_once);
    EXPECT_EQ(device.peak(Command::write) > 1, at_once > 1);
  }
}

TEST_F(CopyTest, of_overlapping_writes_the_prefix_counts) {
  for (const Command failing : {Command::read, Command::write}) {
    for (std::uint64_t failed = 0; failed < 12; ++failed) {
      SCOPED_TRACE(std::string(to_string(failing)) + " number " + std::to_string(failed));
      SimSpec spec = spec_without_copy();
      spec.max_delay = 9;
      SimDevice device(spec);
      fill_zones(device, 1, 1);
      Fault fault;
      fault.command = failing;
      fault.skip = failed;
      device.inject(fault);
      CopyOptions options = options_of(CopyMode::automatic);
      options.writes_in_flight = 4;
      options.transfer_bytes = 2 * 512;
      const CopyJob job{{{32, 24}}, Destination{0, 24}};
      const CopyReport report = copy_now(device, device, job, options);
      ASSERT_TRUE(report.error);
      EXPECT_EQ(report.error->copy_side(), failing == Command::read ? CopySide::source : CopySide::destination);
      EXPECT_LT(report.blocks(), 24U);
      EXPECT_EQ(report.blocks() % 2, 0U);
      EXPECT_EQ(device.bytes(0, report.blocks()), expected_bytes(device, job, report.blocks()));
      // Commands arrive in random order, but a write that failed is the first block that does not count.
      for (const CommandRecord& record : device.log()) {
        if (record.injected && failing == Command::write) {
          EXPECT_EQ(record.lba, report.blocks());
        }
      }
      EXPECT_EQ(device.in_flight(), 0U);
    }
  }
}

/// Four copies with one pool, and what stops one or all of them.
struct Shortage {
  const char* name;
  std::optional<Command> failing;
  bool cancelled;
};

TEST_F(CopyTest, copies_that_share_too_little_memory_wait_for_each_other) {
  const Watchdog watchdog("copies that share buffers wait for ever", 30);
  const Shortage shortages[] = {{"all goes well", std::nullopt, false},
                                {"reads fail", Command::read, false},
                                {"a write fails", Command::write, false},
                                {"cancelled", std::nullopt, true}};
  for (const Shortage& shortage : shortages) {
    for (const std::size_t buffers : {std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
      SCOPED_TRACE(std::string(shortage.name) + ", " + std::to_string(buffers) + " buffers");
      SimSpec spec = spec_without_copy();
      spec.max_delay = 9;
      SimDevice device(spec);
      fill_zones(device, 1, 2);
      Fault fault;
      fault.command = shortage.failing;
      fault.skip = 3;
      fault.times = 8;
      if (shortage.failing) device.inject(fault);
      CancelToken cancel;
      std::uint64_t commands = 0;
      device.on_command([&](Command) {
        if (shortage.cancelled && ++commands == 9) cancel.request();
      });
      BufferPool pool(2 * 512, buffers, &loop().memory());
      CopyOptions options = options_of(CopyMode::automatic);
      options.buffers = &pool;
      std::vector<CopyJob> jobs;
      for (const ZoneIndex zone : {5U, 3U, 4U, 6U}) {
        jobs.push_back(CopyJob{{{32 + zone, 13}, {64, 9}}, whole_zone(device, zone)});
      }
      const std::vector<CopyReport> reports = run(copy_all(loop(), device, device, jobs, options, &cancel));
      for (std::size_t at = 0; at < jobs.size(); ++at) expect_exact(device, device, jobs[at], reports[at]);
      const bool stopped =
          std::any_of(reports.begin(), reports.end(), [](const CopyReport& r) { return bool(r.error); });
      EXPECT_EQ(stopped, shortage.failing.has_value() || shortage.cancelled);
      EXPECT_LE(device.peak(Command::read), buffers);
      EXPECT_EQ(pool.lent(), 0U);
    }
  }
}

TEST_F(CopyTest, no_jobs_no_reports) {
  SimDevice device(spec_with_copy());
  EXPECT_TRUE(run(copy_all(loop(), device, device, {}, options_of(CopyMode::automatic), nullptr)).empty());
}

}  // namespace zonecopy::test
