// Copies between two simulated devices that differ in zone size and limits, as two namespaces of one controller do.
#include <algorithm>

#include "tests/model/copy_fixture.h"
#include "tests/support/random.h"

namespace zonecopy::test {
namespace {

constexpr std::uint64_t source_tag = 7;

/// A device whose zones are all sequential, and which copies from others.
SimSpec spec_of(const char* path, std::uint64_t zone_size_blocks, const CopyLimits& limits) {
  SimSpec spec;
  spec.path = path;
  spec.layout = "SSSS";
  spec.zone_size_blocks = zone_size_blocks;
  spec.zone_capacity_blocks = zone_size_blocks - zone_size_blocks / 4;
  spec.copy_limits = limits;
  spec.copies_across_devices = true;
  return spec;
}

CopyOptions options_of(CopyMode mode) {
  CopyOptions options;
  options.mode = mode;
  options.transfer_bytes = 4 * 512;
  return options;
}

/// The longest source range that was sent.
std::uint32_t longest_range(const SimDevice& device) {
  std::uint32_t longest = 0;
  for (const CommandRecord& record : device.log()) {
    for (const CopyRange& range : record.ranges) longest = std::max(longest, range.blocks);
  }
  return longest;
}

}  // namespace

class CopyAcrossTest : public CopyTest {};

TEST_F(CopyAcrossTest, ranges_keep_to_the_limit_of_the_source) {
  SimDevice from(spec_of("from", 64, CopyLimits{1, 3, 3}));
  SimDevice to(spec_of("to", 32, CopyLimits{4, 5, 12}));
  fill_zones(from, 0, 2, source_tag);
  const CopyJob job{{{0, 20}}, whole_zone(to, 1)};
  const CopyReport report = copy_now(from, to, job, options_of(CopyMode::offload));
  EXPECT_FALSE(report.error);
  EXPECT_EQ(report.blocks_offloaded, 20U);
  EXPECT_EQ(longest_range(to), 3U) << "of the source";
  EXPECT_EQ(report.copy_commands, 2U) << "four ranges and twelve blocks a command, of the destination";
  expect_exact(from, to, job, report);
}

TEST_F(CopyAcrossTest, ranges_keep_to_the_limit_of_the_destination) {
  SimDevice from(spec_of("from", 64, CopyLimits{4, 9, 100}));
  SimDevice to(spec_of("to", 32, CopyLimits{4, 2, 100}));
  fill_zones(from, 0, 2, source_tag);
  const CopyJob job{{{0, 20}}, whole_zone(to, 1)};
  const CopyReport report = copy_now(from, to, job, options_of(CopyMode::offload));
  EXPECT_FALSE(report.error);
  EXPECT_EQ(longest_range(to), 2U);
  EXPECT_EQ(report.copy_commands, 3U) << "four ranges of two blocks each";
  expect_exact(from, to, job, report);
}

TEST_F(CopyAcrossTest, the_limits_of_a_user_count_on_top) {
  SimDevice from(spec_of("from", 64, CopyLimits{4, 9, 100}));
  SimDevice to(spec_of("to", 32, CopyLimits{4, 5, 100}));
  fill_zones(from, 0, 2, source_tag);
  CopyOptions options = options_of(CopyMode::offload);
  options.user_limits.max_range_blocks = 2;
  options.user_limits.max_ranges = 2;
  const CopyJob job{{{0, 20}}, whole_zone(to, 1)};
  const CopyReport report = copy_now(from, to, job, options);
  EXPECT_EQ(longest_range(to), 2U);
  EXPECT_EQ(report.copy_commands, 5U);
  expect_exact(from, to, job, report);
}

/// Sources of any length, across the zones of the source where it has no gaps, into zones of another size.
TEST_F(CopyAcrossTest, zones_of_any_two_sizes) {
  constexpr std::uint64_t sizes[] = {16, 32, 64, 128};
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const auto limits = [&random] {
      return CopyLimits{static_cast<std::uint32_t>(1 + random.below(6)),
                        static_cast<std::uint32_t>(1 + random.below(9)),
                        static_cast<std::uint32_t>(1 + random.below(40))};
    };
    SimSpec from_spec = spec_of("from", sizes[random.below(4)], limits());
    from_spec.zone_capacity_blocks = from_spec.zone_size_blocks;
    SimDevice from(from_spec);
    SimDevice to(spec_of("to", sizes[random.below(4)], limits()));
    fill_zones(from, 0, 4, source_tag);
    CopyJob job{{}, whole_zone(to, 2)};
    for (std::uint64_t count = 1 + random.below(4); count > 0; --count) {
      const Lba start_lba = random.below(from.info().capacity_blocks);
      job.sources.push_back(Extent{start_lba, 1 + random.below(from.info().capacity_blocks - start_lba)});
    }
    const bool offload = random.below(4) != 0;
    const CopyReport report = copy_now(from, to, job, options_of(offload ? CopyMode::offload : CopyMode::emulate));
    ASSERT_FALSE(report.error) << report.error->to_string();
    expect_exact(from, to, job, report);
    if (offload) {
      EXPECT_EQ(report.copy_commands, fewest_commands(job, to.copy_route(from).limits, from.info().zone_size_blocks));
    }
  }
}

TEST_F(CopyAcrossTest, what_was_refused_in_the_middle_is_read_and_written) {
  for (std::uint64_t refused = 0; refused < 3; ++refused) {
    SCOPED_TRACE("command " + std::to_string(refused));
    SimDevice from(spec_of("from", 64, CopyLimits{4, 5, 12}));
    SimDevice to(spec_of("to", 32, CopyLimits{2, 5, 8}));
    fill_zones(from, 0, 2, source_tag);
    Fault fault;
    fault.command = Command::copy;
    fault.skip = refused;
    fault.fall_back = true;
    to.inject(fault);
    const CopyJob job{{{0, 24}}, whole_zone(to, 1)};
    const CopyReport report = copy_now(from, to, job, options_of(CopyMode::automatic));
    EXPECT_FALSE(report.error);
    EXPECT_EQ(report.blocks_offloaded, 8 * refused);
    EXPECT_EQ(report.blocks(), 24U);
    EXPECT_TRUE(report.fallback_reason);
    EXPECT_EQ(from.count(Command::copy), 0U) << "the destination carries it out";
    expect_exact(from, to, job, report);
  }
}

TEST_F(CopyAcrossTest, a_source_that_cannot_be_read_is_not_the_fault_of_the_destination) {
  SimDevice from(spec_of("from", 64, CopyLimits{4, 5, 12}));
  SimDevice to(spec_of("to", 32, CopyLimits{2, 5, 8}));
  fill_zones(from, 0, 2, source_tag);
  Fault fault;
  fault.command = Command::copy;
  fault.skip = 1;
  fault.source_fails = true;
  fault.ranges_done = 1;
  to.inject(fault);
  const CopyJob job{{{0, 24}}, whole_zone(to, 1)};
  const CopyReport report = copy_now(from, to, job, options_of(CopyMode::automatic));
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->copy_side(), CopySide::source);
  EXPECT_EQ(report.blocks_offloaded, 8U + 5U) << "the first command, and the first range of the second";
  EXPECT_EQ(report.blocks_emulated, 0U);
  expect_exact(from, to, job, report);
}

TEST_F(CopyAcrossTest, each_destination_goes_its_own_way) {
  SimDevice from(spec_of("from", 64, CopyLimits{4, 3, 12}));
  SimDevice far(spec_of("far", 32, CopyLimits{2, 5, 8}));
  SimSpec apart_spec = spec_of("apart", 128, CopyLimits{2, 5, 8});
  apart_spec.copies_across_devices = false;
  SimDevice apart(apart_spec);
  fill_zones(from, 0, 1, source_tag);
  const std::vector<Extent> sources = {{0, 20}};
  std::vector<CopyDestination> destinations = {
      {&from, whole_zone(from, 2)}, {&far, whole_zone(far, 0)}, {&apart, whole_zone(apart, 0)}};
  const std::vector<CopyReport> reports =
      run(copy_to_all(loop(), from, sources, destinations, options_of(CopyMode::automatic), nullptr));
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[0].blocks_offloaded, 20U);
  EXPECT_EQ(reports[1].blocks_offloaded, 20U);
  EXPECT_EQ(reports[2].blocks_emulated, 20U);
  EXPECT_EQ(reports[2].fallback_reason, "apart cannot copy from from by itself");
  const SimDevice* const devices[] = {&from, &far, &apart};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(devices[i]->bytes(destinations[i].room.start_lba, 20), from.bytes(0, 20)) << devices[i]->info().path;
  }
}

}  // namespace zonecopy::test
