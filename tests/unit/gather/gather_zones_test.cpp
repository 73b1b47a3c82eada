// Gathers between zones of images that are not mounted.
#include <atomic>

#include "tests/unit/gather/gather_fixture.h"

namespace zonecopy::test {
namespace {

class GatherZones : public GatherTest {};

TEST_F(GatherZones, RangesGoInTheirOrderToTheWritePointer) {
  const std::string image = make_image("disk.img");
  const std::string first = bytes(10 * block, 1);
  const std::string second = bytes(20 * block, 2);
  const File a = filled_zone(image, 1, first);
  const File b = filled_zone(image, 2, second);
  const File to = filled_zone(image, 3, bytes(2 * block, 3));
  const std::string before = content_of(to);

  const GatherReport report =
      gather_to(to, {{b, 5 * block, 3 * block}, {a, 0, block}, {b, 0, 0}, {a, 9 * block, block}});
  EXPECT_FALSE(report.error) << report.error->to_string();
  EXPECT_EQ(report.offset_bytes, 2 * block);
  EXPECT_EQ(report.bytes, 5 * block);
  EXPECT_EQ(report.bytes_offloaded + report.bytes_kernel + report.bytes_emulated, 5 * block);
  EXPECT_EQ(report.range_bytes, (std::vector<std::uint64_t>{3 * block, block, 0, block}));
  EXPECT_EQ(report.ways, std::vector{GatherWay::device_copy});
  EXPECT_FALSE(report.failed_range);
  expect_content(
      to, before + second.substr(5 * block, 3 * block) + first.substr(0, block) + first.substr(9 * block, block));
}

TEST_F(GatherZones, SeveralSourceDevices) {
  const std::string one = make_image("one.img");
  const std::string two = make_image("two.img");
  const std::string first = bytes(4 * block, 1);
  const std::string second = bytes(4 * block, 2);
  const File a = filled_zone(one, 1, first);
  const File b = filled_zone(two, 1, second);
  const File to = zone(one, 2, Access::write);
  const GatherReport report = gather_to(to, {{a, 0, block}, {b, 0, 2 * block}, {a, 3 * block, block}});
  EXPECT_FALSE(report.error) << report.error->to_string();
  expect_content(to, first.substr(0, block) + second.substr(0, 2 * block) + first.substr(3 * block, block));
}

TEST_F(GatherZones, AConventionalZoneIsWrittenWhereItIsSaid) {
  const std::string image = make_image("disk.img");
  const std::string content = bytes(4 * block, 1);
  const File from = filled_zone(image, 1, content);
  const File to = zone(image, 0, Access::write);
  EXPECT_EQ(code_of(gather({{from, 0, block}}, {{to, std::nullopt}})), EINVAL);
  const auto reports = gather({{from, block, 2 * block}}, {{to, 5 * block}});
  ASSERT_TRUE(reports) << text_of(reports);
  EXPECT_EQ(content_of(to).substr(4 * block, 4 * block),
            std::string(block, '\0') + content.substr(block, 2 * block) + std::string(block, '\0'));
}

TEST_F(GatherZones, NothingIsTouchedWhereACheckFails) {
  const std::string image = make_image("disk.img");
  const File from = filled_zone(image, 1, bytes(40 * block, 1));
  const File to = filled_zone(image, 2, bytes(10 * block, 2));
  const File other = zone(image, 3, Access::write);
  const std::string before = content_of(to);
  const std::vector<GatherRange> good = {{from, 0, block}};
  const std::vector<std::pair<int, Result<std::vector<GatherReport>>>> refusals = {
      {EINVAL, gather({{from, 0, block}, {from, 39 * block, 2 * block}}, {{to, {}}})},
      {EINVAL, gather(good, {{to, 9 * block}})},
      {EINVAL, gather({{from, 0, 17}}, {{to, {}}})},
      {EFBIG, gather({{from, 0, 39 * block}}, {{to, {}}})},
      {EINVAL, gather(good, {{other, {}}, {to, {}}, {other, {}}})},
      {EFBIG, gather({{from, 0, 39 * block}}, {{other, {}}, {to, {}}})},
      {EBADF, gather(good, {{zone(image, 4, Access::read), {}}})},
      {EINVAL, gather(good, {})},
      {EINVAL, gather({{nullptr, 0, block}}, {{to, {}}})},
  };
  for (const auto& [code, result] : refusals) EXPECT_EQ(code_of(result), code) << text_of(result);
  expect_content(to, before);
  expect_content(other, "");
}

TEST_F(GatherZones, BadZonesAreRefusedByTheirCondition) {
  const std::string image = make_image("disk.img");
  const File from = filled_zone(image, 1, bytes(2 * block, 1));
  const File to = zone(image, 2, Access::write);
  ASSERT_TRUE(set_image_zone_condition(image, 2, ZoneCondition::read_only));
  const auto read_only = gather({{from, 0, block}}, {{to, {}}});
  EXPECT_EQ(code_of(read_only), EROFS) << text_of(read_only);
  ASSERT_TRUE(set_image_zone_condition(image, 1, ZoneCondition::offline));
  const auto offline = gather({{from, 0, block}}, {{zone(image, 3, Access::write), {}}});
  EXPECT_EQ(code_of(offline), EIO);
  EXPECT_EQ(offline.error().zone_refusal(), ZoneRefusal::offline);
  EXPECT_EQ(offline.error().zone(), 1U);
}

TEST_F(GatherZones, AZoneOrADeviceThatIsNone) {
  const std::string image = make_image("disk.img");
  EXPECT_EQ(code_of(gatherer_->open_zone(image, 8, Access::read)), EINVAL);
  EXPECT_EQ(code_of(gatherer_->open_zone(path("none.img"), 0, Access::read)), ENOENT);
}

TEST_F(GatherZones, ADeviceIsClosedWithItsLastZone) {
  const std::string image = make_image("disk.img");
  const auto second = must(Gatherer::create());
  File one = zone(image, 1, Access::write);
  File two = zone(image, 2);
  one.reset();
  // Opening asks for a while, as the holder may just be ending.
  EXPECT_EQ(code_of(second->open_zone(image, 1, Access::read)), EBUSY);
  two.reset();
  EXPECT_TRUE(second->open_zone(image, 1, Access::read));
}

TEST_F(GatherZones, ZonesOpenedForReadingShareADevice) {
  const std::string image = make_image("disk.img");
  const File reader = zone(image, 1);
  const auto second = must(Gatherer::create());
  const auto beside = second->open_zone(image, 2, Access::read);
  EXPECT_TRUE(beside) << text_of(beside);
  EXPECT_EQ(code_of(gatherer_->open_zone(image, 3, Access::write)), EBUSY);
  EXPECT_EQ(code_of(gather({}, {{reader, {}}})), EBADF) << "the first zone stays one that is read";
}

TEST_F(GatherZones, ReadsAnyBytesIntoAnyMemory) {
  const std::string image = make_image("disk.img");
  const std::string content = bytes(9 * block, 1);
  const File from = filled_zone(image, 1, content);
  std::string memory(20 * block, '?');
  for (const auto& [offset, length] :
       {std::pair<std::uint64_t, std::uint64_t>{0, 1}, {1, 4095}, {4095, 2}, {5000, 20000}, {8 * block + 7, 9000}}) {
    for (const std::size_t shift : {0, 1, 4096}) {
      const Result<std::size_t> count =
          from->read(offset, std::as_writable_bytes(std::span(memory)).subspan(shift, length));
      ASSERT_TRUE(count) << text_of(count);
      EXPECT_EQ(memory.substr(shift, *count), content.substr(offset, length));
    }
  }
  EXPECT_EQ(from->read(9 * block, std::as_writable_bytes(std::span(memory))).value(), 0U);
}

TEST_F(GatherZones, AsDemandedOrNotAtAll) {
  const std::string image = make_image("disk.img");
  const File from = filled_zone(image, 1, bytes(4 * block, 1));
  const File to = zone(image, 2, Access::write);
  GatherOptions options;
  options.mode = CopyMode::emulate;
  const GatherReport emulated = gather_to(to, {{from, 0, 2 * block}}, options);
  EXPECT_EQ(emulated.bytes_emulated, 2 * block);
  EXPECT_EQ(emulated.commands, 0U);
  EXPECT_NE(emulated.not_offloaded_because, "");
  options.mode = CopyMode::offload;
  const Result<GatherPlan> plan = gatherer_->plan(std::vector<GatherRange>{{from, 0, block}}, {to, {}}, {});
  ASSERT_TRUE(plan) << text_of(plan);
  const auto offloaded = gather({{from, 0, block}}, {{to, std::nullopt}}, options);
  if (plan->not_offloaded_because.empty()) {  // images share extents here
    ASSERT_TRUE(offloaded) << text_of(offloaded);
    EXPECT_EQ(offloaded->front().bytes_offloaded, block);
    EXPECT_EQ(offloaded->front().commands, plan->commands.size());
  } else {
    EXPECT_EQ(code_of(offloaded), EIO);
    EXPECT_NE(text_of(offloaded).find(plan->not_offloaded_because), std::string::npos) << text_of(offloaded);
    EXPECT_TRUE(plan->commands.empty());
    EXPECT_EQ(content_of(to).size(), 2 * block);
  }
}

TEST_F(GatherZones, MirrorsHaveTheSameContents) {
  const std::string one = make_image("one.img");
  const std::string two = make_image("two.img");
  const std::string content = bytes(20 * block, 1);
  const File from = filled_zone(one, 1, content);
  const std::string before = bytes(3 * block, 2);
  const std::vector<File> to = {zone(one, 2, Access::write), filled_zone(two, 1, before), zone(two, 2, Access::write)};
  const auto reports =
      gather({{from, 10 * block, 10 * block}, {from, 0, block}}, {{to[0], {}}, {to[1], {}}, {to[2], {}}});
  ASSERT_TRUE(reports) << text_of(reports);
  const std::string expected = content.substr(10 * block) + content.substr(0, block);
  expect_content(to[0], expected);
  expect_content(to[1], before + expected);
  expect_content(to[2], expected);
  for (const GatherReport& report : *reports) {
    EXPECT_FALSE(report.error);
    EXPECT_EQ(report.bytes, 11 * block);
    EXPECT_EQ(report.bytes_offloaded + report.bytes_kernel + report.bytes_emulated, 11 * block);
  }
  EXPECT_EQ((*reports)[1].offset_bytes, 3 * block);
}

TEST_F(GatherZones, AMirrorThatFailsLeavesTheOthersWhole) {
  const std::string image = make_image("disk.img");
  const std::string content = bytes(20 * block, 1);
  const File from = filled_zone(image, 1, content);
  const File good = zone(image, 2, Access::write);
  const File bad = zone(image, 3, Access::write);
  GatherOptions options;
  options.bytes_per_second = 400 * block;  // a step is of 8 blocks
  int steps = 0;
  options.progress = [&](const GatherProgress&) {
    if (++steps != 1) return;
    EXPECT_TRUE(set_image_zone_condition(image, 3, ZoneCondition::read_only));
  };
  const auto reports = gather({{from, 0, 5 * block}, {from, 5 * block, 15 * block}}, {{bad, {}}, {good, {}}}, options);
  ASSERT_TRUE(reports) << text_of(reports);
  const GatherReport& failed = reports->front();
  ASSERT_TRUE(failed.error);
  EXPECT_EQ(failed.error->code(), EROFS) << failed.error->to_string();
  EXPECT_EQ(failed.error->zone(), 3U);
  EXPECT_EQ(failed.bytes, 8 * block);
  EXPECT_EQ(failed.range_bytes, (std::vector<std::uint64_t>{5 * block, 3 * block}));
  EXPECT_EQ(failed.failed_range, std::size_t{1});
  EXPECT_FALSE((*reports)[1].error);
  EXPECT_EQ((*reports)[1].bytes, 20 * block);
  expect_content(good, content);
}

TEST_F(GatherZones, ASourceThatFailsEndsAllAlike) {
  const std::string image = make_image("disk.img");
  const std::string content = bytes(20 * block, 1);
  const File first = filled_zone(image, 1, content);
  const File second = filled_zone(image, 2, content);
  const std::vector<File> to = {zone(image, 3, Access::write), zone(image, 4, Access::write)};
  GatherOptions options;
  options.bytes_per_second = 400 * block;
  int steps = 0;
  options.progress = [&](const GatherProgress&) {
    if (++steps != 1) return;
    EXPECT_TRUE(set_image_zone_condition(image, 2, ZoneCondition::offline));
  };
  const auto reports = gather({{first, 0, 8 * block}, {second, 0, 8 * block}}, {{to[0], {}}, {to[1], {}}}, options);
  ASSERT_TRUE(reports) << text_of(reports);
  for (const GatherReport& report : *reports) {
    ASSERT_TRUE(report.error);
    EXPECT_EQ(report.error->code(), EIO) << report.error->to_string();
    EXPECT_EQ(report.bytes, 8 * block);
    EXPECT_EQ(report.failed_range, std::size_t{1});
  }
  for (const File& file : to) expect_content(file, content.substr(0, 8 * block));
}

TEST_F(GatherZones, AStopEndsItAfterTheStep) {
  const std::string image = make_image("disk.img");
  const std::string content = bytes(40 * block, 1);
  const File from = filled_zone(image, 1, content);
  const File to = zone(image, 2, Access::write);
  std::atomic<bool> stop{false};
  GatherOptions options;
  options.bytes_per_second = 400 * block;
  options.stop = &stop;
  std::vector<std::uint64_t> seen;
  options.progress = [&](const GatherProgress& progress) {
    seen.push_back(progress.done_bytes);
    EXPECT_EQ(progress.total_bytes, 40 * block);
    if (seen.size() == 2) stop = true;
  };
  const GatherReport report = gather_to(to, {{from, 0, 12 * block}, {from, 12 * block, 28 * block}}, options);
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->code(), EINTR);
  EXPECT_EQ(report.bytes, 16 * block);
  EXPECT_EQ(report.failed_range, std::size_t{1});
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{8 * block, 16 * block}));
  expect_content(to, content.substr(0, 16 * block));
  // What was stopped can be gone on with.
  options.stop = nullptr;
  options.bytes_per_second = 0;
  options.progress = nullptr;
  EXPECT_EQ(gather_to(to, {{from, 16 * block, 24 * block}}, options).bytes, 24 * block);
  expect_content(to, content);
}

TEST_F(GatherZones, AStopBeforeItBeginsTouchesNothing) {
  const std::string image = make_image("disk.img");
  const File from = filled_zone(image, 1, bytes(block, 1));
  const File to = zone(image, 2, Access::write);
  const std::atomic<bool> stop{true};
  GatherOptions options;
  options.stop = &stop;
  const GatherReport report = gather_to(to, {{from, 0, block}}, options);
  EXPECT_EQ(report.error->code(), EINTR);
  EXPECT_EQ(report.failed_range, std::size_t{0});
  expect_content(to, "");
  EXPECT_FALSE(gather_to(to, {}, options).error) << "there was nothing to stop";
}

TEST_F(GatherZones, BlocksOfTwoSizes) {
  const std::string small = make_image("small.img", 8, 1, 512);
  const std::string large = make_image("large.img");
  const std::string content = bytes(24 * std::uint64_t{512}, 1);
  const File from = filled_zone(small, 1, content);
  const File to = zone(large, 1, Access::write);
  EXPECT_EQ(code_of(gather({{from, 0, 512}}, {{to, {}}})), EINVAL) << "no whole block of the destination";
  const GatherReport report = gather_to(to, {{from, 512, 512}, {from, 4096, 2 * block - 512}});
  EXPECT_FALSE(report.error) << report.error->to_string();
  EXPECT_EQ(report.bytes_emulated, 2 * block);
  EXPECT_EQ(report.ways, std::vector{GatherWay::read_write});
  expect_content(to, content.substr(512, 512) + content.substr(4096, 2 * block - 512));
}

TEST_F(GatherZones, PartsOfBlocksArePutTogether) {
  const std::string image = make_image("disk.img");
  const std::string content = bytes(4 * block, 1);
  const File from = filled_zone(image, 1, content);
  const File to = zone(image, 2, Access::write);
  const GatherReport report = gather_to(to, {{from, 100, 1000}, {from, 3, 3096}, {from, 5000, block}});
  EXPECT_FALSE(report.error) << report.error->to_string();
  EXPECT_EQ(report.ways, std::vector{GatherWay::read_write});
  expect_content(to, content.substr(100, 1000) + content.substr(3, 3096) + content.substr(5000, block));
}

TEST_F(GatherZones, OnlyWhatBeginsWithinABlockIsReadAndWritten) {
  const std::string image = make_image("disk.img");
  const std::string content = bytes(6 * block, 1);
  const File from = filled_zone(image, 1, content);
  const File to = zone(image, 2, Access::write);
  const GatherReport report = gather_to(to, {{from, 0, block}, {from, 5, 2 * block}, {from, 4 * block, 2 * block}});
  EXPECT_FALSE(report.error) << report.error->to_string();
  EXPECT_EQ(report.ways, (std::vector{GatherWay::device_copy, GatherWay::read_write}));
  expect_content(to, content.substr(0, block) + content.substr(5, 2 * block) + content.substr(4 * block));
}

}  // namespace
}  // namespace zonecopy::test
