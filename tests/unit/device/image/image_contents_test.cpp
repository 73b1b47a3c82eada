// What a zoned image keeps, and that it shows nothing else.
#include "tests/unit/device/image/image_device_fixture.h"

namespace zonecopy::test {
namespace {

class ImageContents : public ImageDeviceTest {};
class ImageContentsOfBlocks : public ImageDeviceOfBlocks {};
INSTANTIATE_TEST_SUITE_P(BlockSize, ImageContentsOfBlocks, testing::Values(512, 4096));

TEST_P(ImageContentsOfBlocks, WhatIsNotWrittenIsZero) {
  create(spec_of(GetParam(), 4, 1));
  ASSERT_TRUE(write(start_of(1), counting_from(1, 5)).ok());
  EXPECT_EQ(content(1), padded(counting_from(1, 5), zone_size));
  ASSERT_TRUE(manage(1, ZoneAction::finish).ok());
  EXPECT_EQ(content(1), padded(counting_from(1, 5), zone_size)) << "a finish writes nothing";
  ASSERT_TRUE(manage(1, ZoneAction::reset).ok());
  EXPECT_EQ(content(1), Stamps(zone_size, 0));
  ASSERT_TRUE(write(start_of(1), counting_from(50, 1)).ok());
  EXPECT_EQ(content(1), padded({50}, zone_size)) << "nothing of before the reset";
  EXPECT_EQ(content(0), Stamps(zone_size, 0));
  ASSERT_TRUE(write(start_of(0) + 15, {9}).ok());
  EXPECT_EQ(read(start_of(0) + 14, 4), (Stamps{0, 9, 50, 0})) << "a read across zones";
}

TEST_P(ImageContentsOfBlocks, TheLastZoneIsShort) {
  create(spec_of(GetParam(), 3));
  const std::vector<Zone> zones = report();
  ASSERT_EQ(zones.size(), 3U);
  EXPECT_EQ(zones[1].length_blocks, zone_size);
  EXPECT_EQ(zones[1].capacity_blocks, zone_capacity);
  EXPECT_EQ(zones[2].length_blocks, runt_size);
  EXPECT_EQ(zones[2].capacity_blocks, runt_size);
  EXPECT_EQ(device().info().capacity_blocks, 2 * zone_size + runt_size);
  ASSERT_TRUE(write(start_of(2), counting_from(1, 4)).ok());
  EXPECT_EQ(code_of(append(2, {5, 6})), EFBIG);
  EXPECT_EQ(code_of(write(start_of(2) + 4, {5, 6})), EINVAL) << "beyond the end of the device";
  EXPECT_EQ(code_of(append(2, {5})), 0);
  EXPECT_EQ(state(2).condition, ZoneCondition::full);
  EXPECT_EQ(read(start_of(1) + 14, 7), (Stamps{0, 0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(code_of(try_read(start_of(2) + 4, 2)), EINVAL);
  EXPECT_EQ(code_of(try_read(~Lba{0}, 1)), EINVAL);
  ASSERT_TRUE(manage(2, ZoneAction::reset).ok());
  ASSERT_TRUE(manage(2, ZoneAction::finish).ok());
  EXPECT_EQ(content(2), Stamps(runt_size, 0));
}

TEST_P(ImageContentsOfBlocks, WhatIsResetTakesNoSpace) {
  create(spec_of(GetParam(), 4));
  ASSERT_TRUE(write(start_of(1), counting_from(1, zone_capacity)).ok());
  ASSERT_TRUE(write(start_of(2), counting_from(1, 1)).ok());
  ASSERT_TRUE(run(device().flush()).ok());
  const FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  const auto offset_of = [&](ZoneIndex zone) {
    return static_cast<off_t>(data_offset_bytes() + start_of(zone) * GetParam());
  };
  EXPECT_EQ(lseek(file.get(), offset_of(0), SEEK_DATA), offset_of(1)) << "the zones before hold no data";
  ASSERT_TRUE(manage(1, ZoneAction::reset).ok());
  EXPECT_EQ(lseek(file.get(), offset_of(0), SEEK_DATA), offset_of(2));
}

TEST_F(ImageContents, ReportsArePartsOfTheDevice) {
  create(spec_of(4096, 5, 1));
  const auto indexes = [this](ZoneIndex first, std::uint32_t count) {
    const Result<std::vector<Zone>> zones = run(device().report_zones(first, count));
    std::vector<ZoneIndex> found;
    for (const Zone& zone : *zones) found.push_back(zone.index);
    return found;
  };
  EXPECT_EQ(indexes(1, 2), (std::vector<ZoneIndex>{1, 2}));
  EXPECT_EQ(indexes(3, 0xffff'ffff), (std::vector<ZoneIndex>{3, 4}));
  EXPECT_EQ(indexes(2, 0), std::vector<ZoneIndex>());
  EXPECT_EQ(indexes(5, 1), std::vector<ZoneIndex>());
  EXPECT_EQ(indexes(0xffff'ffff, 0xffff'ffff), std::vector<ZoneIndex>());
  const DeviceInfo& info = device().info();
  EXPECT_EQ(info.kind, DeviceKind::image);
  EXPECT_EQ(info.path, path_.string());
  EXPECT_EQ(info.zone_count, 5U);
  EXPECT_EQ(info.zone_size_blocks, zone_size);
  EXPECT_EQ(code_of(manage(5, ZoneAction::reset)), EINVAL);
  EXPECT_EQ(code_of(append(5, {1})), EINVAL);
  EXPECT_EQ(code_of(append(0, {1})), EINVAL) << "nothing is appended to a conventional zone";
}

TEST_P(ImageContentsOfBlocks, StatesAndContentsPersist) {
  create(spec_of(GetParam(), 9, 1));
  ASSERT_TRUE(write(start_of(0) + 3, {30}).ok());
  ASSERT_TRUE(write(start_of(1), {10, 11}).ok());
  ASSERT_TRUE(manage(2, ZoneAction::open).ok());
  ASSERT_TRUE(manage(3, ZoneAction::open).ok());
  ASSERT_TRUE(write(start_of(3), {31}).ok());
  ASSERT_TRUE(write(start_of(4), {40}).ok());
  ASSERT_TRUE(manage(4, ZoneAction::finish).ok());
  ASSERT_TRUE(write(start_of(5), {50}).ok());
  ASSERT_TRUE(manage(5, ZoneAction::close).ok());
  ASSERT_TRUE(write(start_of(6), {60}).ok());
  set_bad(6, ZoneCondition::read_only);
  set_bad(7, ZoneCondition::offline);
  for (int times = 0; times < 2; ++times) {
    reopen();
    EXPECT_EQ(state_words(0), "not-write-pointer at 0");
    EXPECT_EQ(state_words(1), "closed at 2") << "it was implicitly open";
    EXPECT_EQ(state_words(2), "empty at 0") << "it was explicitly open and unwritten";
    EXPECT_EQ(state_words(3), "closed at 1") << "it was explicitly open";
    EXPECT_EQ(state_words(4), "full at 12");
    EXPECT_EQ(state_words(5), "closed at 1");
    EXPECT_EQ(state_words(6), "read-only at 1");
    EXPECT_EQ(state_words(7), "offline at 0");
    EXPECT_EQ(state_words(8), "empty at 0");
    EXPECT_EQ(content(0), padded({0, 0, 0, 30}, zone_size));
    EXPECT_EQ(content(1), padded({10, 11}, zone_size));
    EXPECT_EQ(content(3), padded({31}, zone_size));
    EXPECT_EQ(content(4), padded({40}, zone_size));
    EXPECT_EQ(content(6), padded({60}, zone_size));
  }
}

TEST_P(ImageContentsOfBlocks, WhatATornWriteLeftIsNeverSeen) {
  // A program that ends in the middle of a write leaves the zone open, its write pointer where it was, and data behind
  // it; a zone that was closed to make room for another meanwhile, closed; a reset that did not finish, empty.
  const std::vector<ZoneState> states = {
      {ZoneCondition::implicit_open, 0}, {ZoneCondition::implicit_open, 3}, {ZoneCondition::explicit_open, 0},
      {ZoneCondition::explicit_open, 3}, {ZoneCondition::closed, 3},        {ZoneCondition::closed, 0},
      {ZoneCondition::empty, 0},
  };
  enum Way : std::uint8_t { look, finish, write_and_finish, turn_read_only, fill, reset_and_finish, copy_all, ways };
  const auto cases = static_cast<ZoneIndex>(states.size() * ways);
  create(spec_of(GetParam(), cases + 2));
  const Stamps garbage(zone_size, 0xbad);
  const Buffer garbage_blocks = blocks_with(garbage);
  const std::uint64_t data_offset = data_offset_bytes();
  for (ZoneIndex zone = 0; zone < cases; ++zone) {
    const ZoneState& left = states[zone / ways];
    if (left.write_pointer_blocks != 0) {
      ASSERT_TRUE(write(start_of(zone), {1, 2, 3}).ok());
    }
    const Lba above = start_of(zone) + left.write_pointer_blocks;
    const std::size_t size = (zone_size - left.write_pointer_blocks) * GetParam();
    write_file(data_offset + above * GetParam(), garbage_blocks.data(), size);
    set_state(zone, left);
  }
  reopen();
  const FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  for (ZoneIndex zone = 0; zone < cases; ++zone) {
    const ZoneState& left = states[zone / ways];
    if (!is_open(left.condition)) continue;
    std::uint64_t last_stamp = 1;
    const std::uint64_t last_block = data_offset + (start_of(zone) + zone_size - 1) * GetParam();
    ASSERT_EQ(pread(file.get(), &last_stamp, sizeof last_stamp, static_cast<off_t>(last_block)), 8);
    EXPECT_EQ(last_stamp, 0U) << "what is in the way of nobody still takes space";
  }
  for (ZoneIndex zone = 0; zone < cases; ++zone) {
    const ZoneState& left = states[zone / ways];
    const auto way = static_cast<Way>(zone % ways);
    SCOPED_TRACE(fmt::format("{}, way {}", words_of(left), static_cast<int>(way)));
    Stamps expected = counting_from(1, left.write_pointer_blocks);
    switch (way) {
      case look: EXPECT_FALSE(is_open(state(zone).condition)); break;
      case finish: ASSERT_TRUE(manage(zone, ZoneAction::finish).ok()); break;
      case write_and_finish:
        expected.push_back(77);
        ASSERT_TRUE(append(zone, {77}).ok());
        ASSERT_TRUE(manage(zone, ZoneAction::finish).ok());
        break;
      case turn_read_only: set_bad(zone, ZoneCondition::read_only); break;
      case fill:
        while (expected.size() < zone_capacity) expected.push_back(78);
        ASSERT_TRUE(append(zone, Stamps(zone_capacity - left.write_pointer_blocks, 78)).ok());
        EXPECT_EQ(state(zone).condition, ZoneCondition::full);
        break;
      case reset_and_finish:
        expected.clear();
        ASSERT_TRUE(manage(zone, ZoneAction::reset).ok());
        ASSERT_TRUE(manage(zone, ZoneAction::finish).ok());
        break;
      case copy_all: {
        const CopyOutcome outcome = copy(start_of(cases), {{start_of(zone), zone_capacity}});
        ASSERT_TRUE(outcome.failure.has_value());
        EXPECT_EQ(outcome.failure->decision, CopyDecision::fall_back);
        EXPECT_EQ(outcome.blocks_copied, 0U);
        EXPECT_EQ(content(cases), Stamps(zone_size, 0));
        break;
      }
      case ways: break;
    }
    EXPECT_EQ(content(zone), padded(expected, zone_size));
  }
}

}  // namespace
}  // namespace zonecopy::test
