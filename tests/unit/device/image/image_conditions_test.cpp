// Conditions that are set from outside, as failing hardware would.
#include "tests/unit/device/image/image_device_fixture.h"

namespace zonecopy::test {
namespace {

class ImageConditions : public ImageDeviceTest {};

TEST_F(ImageConditions, AConditionSetFromOutsideIsSeenAtOnce) {
  create(spec_of(4096, 5, 1));
  ASSERT_TRUE(write(start_of(1), {1, 2}).ok());
  set_bad(1, ZoneCondition::read_only);
  EXPECT_EQ(code_of(write(start_of(1) + 2, {3})), EROFS);
  EXPECT_EQ(code_of(append(1, {3})), EROFS);
  EXPECT_EQ(code_of(manage(1, ZoneAction::reset)), EINVAL);
  EXPECT_EQ(content(1), padded({1, 2}, zone_size)) << "it can still be read";
  set_bad(1, ZoneCondition::offline);
  EXPECT_EQ(code_of(write(start_of(1) + 2, {3})), EIO);
  EXPECT_EQ(code_of(try_read(start_of(1), 1)), EIO);
  EXPECT_EQ(code_of(try_read(start_of(0), 2 * zone_size)), EIO) << "a read that runs into it";
  EXPECT_EQ(code_of(try_read(start_of(0), zone_size)), 0);
  set_bad(0, ZoneCondition::read_only);
  EXPECT_EQ(code_of(write(start_of(0), {1})), EROFS) << "a conventional zone too";
  const std::string path = path_.string();
  EXPECT_EQ(code_of(set_image_zone_condition(path, 5, ZoneCondition::offline)), EINVAL);
  EXPECT_EQ(code_of(set_image_zone_condition(path, 2, ZoneCondition::full)), EINVAL);
  EXPECT_EQ(code_of(set_image_zone_condition(path, 2, ZoneCondition::empty)), EINVAL);
  EXPECT_EQ(code_of(set_image_zone_condition(path + ".no", 2, ZoneCondition::offline)), ENOENT);
  EXPECT_EQ(state_words(2), "empty at 0");
}

TEST_F(ImageConditions, AZoneThatGoesBadUnderAWriteStaysBad) {
  create(spec_of(4096, 5));
  const Buffer block = blocks_with({5});
  ZoneIndex zone = 0;
  for (const ZoneCondition condition : {ZoneCondition::read_only, ZoneCondition::offline}) {
    int code = -1;
    loop().spawn(write_into(device(), start_of(++zone), part(block, 1), &code));  // waits for the ring
    ASSERT_EQ(code, -1);
    set_bad(zone, condition);
    const Status flushed = run(device().flush());
    EXPECT_TRUE(flushed.ok());
    while (code == -1) ASSERT_TRUE(run(device().flush()).ok());
    EXPECT_EQ(code, EIO);
    EXPECT_EQ(words_of(state(zone)), words_of({condition, 0}));
  }
}

TEST_F(ImageConditions, MakingRoomLeavesABadZoneBad) {
  ImageSpec spec = spec_of(4096, 5);
  spec.max_open_zones = 1;
  create(spec);
  ASSERT_TRUE(write(start_of(1), {1, 2}).ok());
  set_bad(1, ZoneCondition::read_only);  // what the device knows of zone 1 is now out of date
  ASSERT_TRUE(write(start_of(2), {1}).ok());
  EXPECT_EQ(state_words(1), "read-only at 2");
  set_bad(2, ZoneCondition::offline);
  ASSERT_TRUE(manage(3, ZoneAction::open).ok());
  EXPECT_EQ(state_words(2), "offline at 1");
}

TEST_F(ImageConditions, ABadZoneTakesNoResources) {
  ImageSpec spec = spec_of(4096, 5);
  spec.max_open_zones = 1;
  spec.max_active_zones = 1;
  create(spec);
  ASSERT_TRUE(manage(1, ZoneAction::open).ok());
  EXPECT_EQ(code_of(manage(2, ZoneAction::open)), EOVERFLOW);
  set_bad(1, ZoneCondition::offline);
  EXPECT_EQ(code_of(manage(2, ZoneAction::open)), 0);
}

}  // namespace
}  // namespace zonecopy::test
