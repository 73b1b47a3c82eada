// Copy at the target: limits and their status, ranges of one and of several namespaces, and copies that stop in the middle.
#include "tests/support/target/served_device.h"

namespace zonecopy::test {
namespace {

constexpr std::uint64_t zone_size = 32;
constexpr std::uint64_t zone_capacity = 24;

class TargetCopy : public LoopTest {
 protected:
  /// Namespace 1 has zones 0 and 1 full of data; so has namespace 2, where there is one.
  ServedDevice& serve(const SimSpec& spec, const target::NamespaceOptions& options = {}) {
    sim_ = std::make_unique<SimDevice>(spec);
    served_ = std::make_unique<ServedDevice>(loop(), std::make_unique<BorrowedDevice>(*sim_), options);
    fill(*served_, 100);
    return *served_;
  }
  ServedDevice& serve_second(SimSpec spec, const target::NamespaceOptions& options = {}) {
    spec.path = "sim1";
    other_sim_ = std::make_unique<SimDevice>(spec);
    other_ = std::make_unique<ServedDevice>(loop(), std::make_unique<BorrowedDevice>(*other_sim_), options, 2);
    fill(*other_, 500);
    served_->attach(*other_);
    return *other_;
  }
  static void fill(ServedDevice& host, std::uint64_t first) {
    for (ZoneIndex zone = 0; zone < 2; ++zone) {
      for (std::uint64_t block = 0; block < zone_capacity; ++block) {
        const Lba lba = host.start_of(zone) + block;
        ASSERT_EQ(text_of(host.write(lba, {first + lba})), "000");
      }
    }
  }
  static SimSpec with_copy(const CopyLimits& limits = {4, 5, 12}) {
    SimSpec spec = served_spec();
    spec.copy_limits = limits;
    return spec;
  }
  ServedDevice& host() { return *served_; }
  SimDevice& sim() { return *sim_; }
  SimDevice& other_sim() { return *other_sim_; }
  Stamps content(ZoneIndex zone) {
    return host().read(host().start_of(zone), static_cast<std::uint32_t>(host().written(zone))).second;
  }

 private:
  std::unique_ptr<SimDevice> sim_;
  std::unique_ptr<SimDevice> other_sim_;
  std::unique_ptr<ServedDevice> served_;
  std::unique_ptr<ServedDevice> other_;
};

TEST_F(TargetCopy, RangesInOrder) {
  for (const bool offloaded : {false, true}) {
    serve(offloaded ? with_copy() : served_spec());
    EXPECT_EQ(text_of(host().copy(64, {{40, 3}, {0, 1}, {40, 1}, {22, 2}, {7, 1}})), "000");
    EXPECT_EQ(content(2), (Stamps{140, 141, 142, 100, 140, 122, 123, 107}));
    const target::CopyCounters& copies = host().space().copies();
    EXPECT_EQ(copies.commands, 1U);
    EXPECT_EQ(copies.failed, 0U);
    EXPECT_EQ(copies.ranges, 5U);
    EXPECT_EQ(copies.bytes_offloaded, offloaded ? 8 * 512U : 0U);
    EXPECT_EQ(copies.bytes_emulated, offloaded ? 0U : 8 * 512U);
    EXPECT_EQ(copies.last_fallback.empty(), offloaded);
  }
}

TEST_F(TargetCopy, AllRangesThatACommandCanHave) {
  SimSpec spec = served_spec();
  spec.layout = "SS";
  spec.zone_size_blocks = 512;
  spec.zone_capacity_blocks = 300;
  for (const bool offloaded : {false, true}) {
    spec.copy_limits = offloaded ? CopyLimits{7, 3, 9} : CopyLimits();
    SimDevice device(spec);
    ServedDevice served(loop(), std::make_unique<BorrowedDevice>(device));
    std::vector<WireRange> ranges;
    Stamps expected;
    for (std::uint64_t block = 0; block < 256; ++block) {
      ASSERT_EQ(served.write(block, {block + 1}).status, 0);
      ranges.push_back(WireRange{255 - block, 1});
      expected.push_back(256 - block);
    }
    EXPECT_EQ(text_of(served.copy(512, ranges)), "000");
    Stamps copied;
    for (Lba lba = 512; lba < 768; lba += 32) {
      for (const std::uint64_t stamp : served.read(lba, 32).second) copied.push_back(stamp);
    }
    EXPECT_EQ(copied, expected);
  }
}

TEST_F(TargetCopy, RangesMayCrossZonesAndReachAboveWritePointers) {
  for (const bool offloaded : {false, true}) {
    serve(offloaded ? with_copy() : served_spec());
    Stamps expected{122, 123};
    expected.resize(10, 0);
    expected.push_back(132);
    EXPECT_EQ(text_of(host().copy(64, {{22, 11}})), "000");
    EXPECT_EQ(content(2), expected);
  }
}

TEST_F(TargetCopy, LimitsAndTheirStatus) {
  struct Row {
    const char* what;
    Lba destination;
    std::vector<WireRange> ranges;
    const char* status;
  };
  const std::vector<Row> rows = {
      {"as long as may be", 64, {{0, 7}, {7, 7}, {14, 6}}, "000"},
      {"a range above MSSRL", 64, {{0, 1}, {0, 8}}, "183"},
      {"a sum above MCL", 64, {{0, 7}, {7, 7}, {14, 7}}, "183"},
      {"ranges above MSRC", 64, {{0}, {0}, {0}, {0}, {0}}, "183"},
      {"a source past the end", 64, {{0, 1}, {255, 2}}, "080"},
      {"a source behind the end", 64, {{256, 1}}, "080"},
      {"a source at the highest LBA", 64, {{~Lba{0}, 1}}, "080"},
      {"a destination behind the end", 256, {{0, 1}}, "080"},
      {"a destination past the end", 255, {{0, 2}}, "080"},
      {"a destination past the capacity", 64 + 20, {{0, 5}}, "1b8"},
      {"a destination above the capacity", 64 + 24, {{0, 1}}, "1b8"},
      {"not at the write pointer", 65, {{0, 1}}, "1bc"},
      {"onto itself", 64, {{64, 1}}, "187"},
      {"a range that ends in the destination", 64, {{0, 1}, {63, 2}}, "187"},
      {"a range that begins at the end of the destination", 64, {{0, 1}, {66, 1}}, "000"},
  };
  target::NamespaceOptions options;
  options.copy_limits = CopyLimits{4, 7, 20};
  for (const bool offloaded : {false, true}) {
    for (const Row& row : rows) {
      serve(offloaded ? with_copy({4, 7, 20}) : served_spec(), options);
      const target::Outcome outcome = host().copy(row.destination, row.ranges);
      EXPECT_EQ(text_of(outcome), row.status) << row.what;
      EXPECT_EQ(outcome.result, 0U) << row.what;
      if (outcome.status == 0) continue;
      EXPECT_TRUE(outcome.do_not_retry) << row.what;
      EXPECT_EQ(host().zone(2).condition, ZoneCondition::empty) << row.what;
    }
  }
}

TEST_F(TargetCopy, EmulatedWhereTheOperatorWantsThat) {
  target::NamespaceOptions options;
  options.emulate_copies = true;
  serve(with_copy(), options);
  EXPECT_EQ(text_of(host().copy(64, {{0, 3}, {40, 1}})), "000");
  EXPECT_EQ(content(2), (Stamps{100, 101, 102, 140}));
  const target::CopyCounters& copies = host().space().copies();
  EXPECT_EQ(copies.bytes_offloaded, 0U);
  EXPECT_EQ(copies.bytes_emulated, 4U * host().space().facts().block_size_bytes);
}

TEST_F(TargetCopy, SeveralLimits) {
  // Whatever the namespace announces, and whatever the device below can do, the result is the same.
  for (const CopyLimits& below : {CopyLimits{}, CopyLimits{1, 1, 1}, CopyLimits{2, 3, 5}, CopyLimits{128, 128, 128}}) {
    for (const std::uint32_t range_blocks : {1U, 7U, 128U}) {
      target::NamespaceOptions options;
      options.copy_limits = CopyLimits{24, range_blocks, 24};
      serve(with_copy(below), options);
      std::vector<WireRange> ranges;
      Stamps expected;
      for (Lba lba = 0; lba < zone_capacity;) {
        const std::uint32_t blocks = std::min<std::uint32_t>(range_blocks, zone_capacity - lba);
        ranges.push_back(WireRange{lba, blocks});
        for (std::uint32_t i = 0; i < blocks; ++i) expected.push_back(100 + lba + i);
        lba += blocks;
      }
      EXPECT_EQ(text_of(host().copy(64, ranges)), "000");
      EXPECT_EQ(host().zone(2).condition, ZoneCondition::full);
      EXPECT_EQ(host().read(64, zone_capacity).second, expected);
      EXPECT_EQ(text_of(host().copy(96, {{0, range_blocks + 1}})), "183");
    }
  }
}

TEST_F(TargetCopy, AcrossNamespaces) {
  for (const bool offloaded : {false, true}) {
    SimSpec spec = offloaded ? with_copy() : served_spec();
    spec.copies_across_devices = offloaded;
    serve(spec);
    serve_second(spec);
    const std::vector<WireRange> ranges = {{0, 2, 2}, {5, 1, 1}, {6, 1, 1}, {32, 1, 2}};
    EXPECT_EQ(text_of(host().copy(64, ranges, 2)), "000");
    EXPECT_EQ(content(2), (Stamps{500, 501, 105, 106, 532}));
    const target::CopyCounters& copies = host().space().copies();
    EXPECT_EQ(copies.bytes_offloaded, offloaded ? 5 * 512U : 0U);
    EXPECT_EQ(copies.bytes_emulated, offloaded ? 0U : 5 * 512U);
  }
}

TEST_F(TargetCopy, SourceNamespacesAndTheirStatus) {
  struct Row {
    const char* what;
    WireRange range;
    const char* status;
  };
  const std::vector<Row> rows = {
      {"no namespace", {0, 1, 0}, "00b"},
      {"all namespaces", {0, 1, 0xffffffff}, "00b"},
      {"above the highest", {0, 1, 5}, "00b"},
      {"one that is not attached", {0, 1, 3}, "002"},
      {"another block size", {0, 1, 4}, "185"},
      {"above the source's MSSRL", {0, 3, 2}, "183"},
      {"past the source's end", {255, 2, 2}, "080"},
      {"as it should be", {255, 1, 2}, "000"},
      {"onto itself", {65, 1, 1}, "000"},
      {"the destination", {64, 1, 1}, "187"},
      {"the same blocks of another", {64, 1, 2}, "000"},
  };
  for (const Row& row : rows) {
    target::NamespaceOptions options;
    options.copy_limits = CopyLimits{4, 2, 20};
    serve(served_spec());
    serve_second(served_spec(), options);
    SimSpec wide = served_spec();
    wide.block_size_bytes = 4096;
    SimDevice wide_sim(wide);
    ServedDevice fourth(loop(), std::make_unique<BorrowedDevice>(wide_sim), {}, 4);
    host().attach(fourth);
    const target::Outcome outcome = host().copy(64, {row.range}, 2);
    EXPECT_EQ(text_of(outcome), row.status) << row.what;
    EXPECT_EQ(outcome.result, 0U);
  }
}

TEST_F(TargetCopy, FormatsThatAreNotEnabled) {
  serve(served_spec());
  host().allow_formats(0b001);
  EXPECT_EQ(text_of(host().copy(64, {{0, 1, 1}}, 2)), "002");
  EXPECT_EQ(text_of(host().copy(64, {{0, 1}}, 0)), "000");
}

TEST_F(TargetCopy, FastCopiesOnly) {
  serve(served_spec());
  EXPECT_EQ(text_of(host().copy(64, {{0, 1, 1, true}}, 2)), "186");
  EXPECT_EQ(host().zone(2).condition, ZoneCondition::empty);
  EXPECT_EQ(text_of(host().copy(64, {{0, 1, 1, true}}, 0)), "000");  // of format 0 the bit is reserved
  SimSpec kernel = with_copy();
  kernel.kernel_copies = true;
  serve(kernel);
  EXPECT_EQ(text_of(host().copy(64, {{0, 1, 1, true}}, 2)), "186");
  serve(with_copy());
  EXPECT_EQ(text_of(host().copy(64, {{0, 1, 1, false}, {1, 1, 1, true}}, 2)), "000");
  EXPECT_EQ(content(2), (Stamps{100, 101}));
  // The device finds out in the middle that it cannot.
  Fault refusal = fault_of(Command::copy);
  refusal.fall_back = true;
  refusal.code = 0;
  sim().inject(refusal);
  EXPECT_EQ(text_of(host().copy(66, {{0, 1, 1, true}}, 2)), "186");
  EXPECT_EQ(content(2), (Stamps{100, 101}));
}

TEST_F(TargetCopy, TheRangeThatFailed) {
  // A range that the source cannot give: those before it have been copied.
  serve(served_spec());
  Fault bad = fault_of(Command::read, 1);
  sim().inject(bad);
  target::Outcome outcome = host().copy(64, {{0, 8}, {8, 8}, {32, 8}});
  EXPECT_EQ(text_of(outcome), "281");
  EXPECT_LE(outcome.result, 2U);
  EXPECT_LE(host().written(2), 16U);
  EXPECT_NE(outcome.cause, "");

  // A write that fails, and a part of it has landed.
  serve(served_spec());
  bad = fault_of(Command::write, 2);
  bad.blocks_landed = 3;
  sim().inject(bad);
  outcome = host().copy(64, {{0, 8}, {8, 8}, {32, 8}});
  EXPECT_EQ(text_of(outcome), "280");
  EXPECT_EQ(outcome.result, 0U);

  // A drive tells the range: two of four.
  serve(with_copy({4, 8, 24}));
  bad = fault_of(Command::copy, 2);
  bad.ranges_done = 2;
  bad.blocks_landed = 7;
  sim().inject(bad);
  outcome = host().copy(64, {{0, 2}, {8, 3}, {32, 4}, {40, 1}});
  EXPECT_EQ(text_of(outcome), "280");
  EXPECT_EQ(outcome.result, 2U);
  EXPECT_EQ(content(2), (Stamps{100, 101, 108, 109, 110, 132, 133}));

  // The device has no zone left for it.
  serve(with_copy({4, 8, 24}));
  bad = fault_of(Command::copy, 2);
  bad.code = EOVERFLOW;
  sim().inject(bad);
  outcome = host().copy(64, {{0, 2}});
  EXPECT_EQ(text_of(outcome), "1bd");

  // The file below is full.
  serve(served_spec());
  bad = fault_of(Command::write, 2);
  bad.code = ENOSPC;
  sim().inject(bad);
  EXPECT_EQ(text_of(host().copy(64, {{0, 2}})), "081");
}

TEST_F(TargetCopy, AZoneThatFailsInTheMiddle) {
  SimSpec spec = served_spec();
  spec.max_transfer_bytes = 4096;  // 8 blocks: the copy is of three writes
  serve(spec);
  Fault turns = fault_of(Command::write, 2);
  turns.skip = 1;
  turns.code = 0;
  turns.zone_becomes = ZoneCondition::read_only;
  sim().inject(turns);
  const target::Outcome outcome = host().copy(64, {{0, 6}, {6, 4}, {10, 8}});
  EXPECT_EQ(text_of(outcome), "1ba");
  EXPECT_EQ(outcome.result, 1U);  // 8 blocks are there
}

TEST_F(TargetCopy, ACopyThatIsCancelled) {
  SimSpec spec = served_spec();
  spec.max_transfer_bytes = 4096;
  serve(spec);
  CancelToken cancel;
  host().cancel_by(&cancel);
  std::uint64_t writes = 0;
  sim().on_command([&](Command command) {
    if (command == Command::write && ++writes == 2) cancel.request();
  });
  const target::Outcome outcome = host().copy(64, {{0, 6}, {6, 4}, {10, 8}});
  EXPECT_EQ(text_of(outcome), "007");
  EXPECT_FALSE(outcome.do_not_retry);
  EXPECT_LT(host().written(2), 18U);
  EXPECT_EQ(host().written(2) % 8, 0U);
  // One that never began, though the zone was free.
  EXPECT_EQ(text_of(host().copy(96, {{0, 1}})), "007");
  EXPECT_EQ(host().zone(3).condition, ZoneCondition::empty);
  // Nothing else is cancelled.
  EXPECT_EQ(text_of(host().write(96, {1})), "000");
}

TEST_F(TargetCopy, AWriteWaitsForTheCopyBeforeIt) {
  SimSpec spec = served_spec();
  spec.max_transfer_bytes = 4096;
  serve(spec);
  std::vector<std::byte> list = wire_list({{0, 12}, {32, 6}});
  const Buffer last = host().blocks_with({9});
  target::Outcome copied;
  target::Outcome written;
  target::Outcome reset;
  target::Outcome again;
  std::vector<Task<void>> tasks;
  tasks.push_back(host().send_into(copy_command(64, 2, 0), list, &copied));
  tasks.push_back(host().send_into(write_command(64 + 18, 1), last.first(512), &written));
  tasks.push_back(host().send_into(manage_command(64, 2), {}, &reset));
  tasks.push_back(host().send_into(copy_command(64 + 19, 2, 0), list, &again));
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(text_of(copied), "000");
  EXPECT_EQ(text_of(written), "000");
  EXPECT_EQ(text_of(reset), "000");
  EXPECT_EQ(text_of(again), "1b8");  // by its place alone
  EXPECT_EQ(host().zone(2).condition, ZoneCondition::full);
  EXPECT_EQ(host().read(64 + 17, 3).second, (Stamps{137, 9, 0}));
}

}  // namespace
}  // namespace zonecopy::test
