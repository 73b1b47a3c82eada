// Copies within a zoned image, and from one to another.
#include "tests/support/device/sim_device.h"
#include "tests/unit/device/image/image_device_fixture.h"

namespace zonecopy::test {
namespace {

class ImageCopy : public ImageDeviceTest {};
class ImageCopyOfBlocks : public ImageDeviceOfBlocks {};
INSTANTIATE_TEST_SUITE_P(BlockSize, ImageCopyOfBlocks, testing::Values(512, 4096));

TEST_P(ImageCopyOfBlocks, CopyGathersRanges) {
  create(spec_of(GetParam(), 6, 1));
  const DeviceInfo& info = device().info();
  ASSERT_FALSE(info.copy_mechanism.empty()) << info.copy_unavailable;
  ASSERT_TRUE(info.copy_limits.available());
  ASSERT_NE(device().copy_route(device()).path, CopyPath::emulated);
  ASSERT_TRUE(write(start_of(0) + 2, counting_from(10, 8)).ok());
  ASSERT_TRUE(write(start_of(1), counting_from(30, zone_capacity)).ok());
  ASSERT_TRUE(write(start_of(2), counting_from(50, 5)).ok());
  ASSERT_TRUE(write(start_of(3), {70}).ok());

  const CopyOutcome outcome = copy(start_of(3) + 1, {{start_of(0) + 4, 3}, {start_of(1) + 11, 1}, {start_of(2), 5}});
  EXPECT_FALSE(outcome.failure.has_value());
  EXPECT_EQ(outcome.blocks_copied, 9U);
  EXPECT_EQ(state_words(3), "implicit-open at 10");
  const Stamps gathered = {70, 12, 13, 14, 41, 50, 51, 52, 53, 54};
  EXPECT_EQ(content(3), padded(gathered, zone_size));

  EXPECT_FALSE(copy(start_of(3) + 10, {{start_of(3), 2}}).failure.has_value()) << "from the same zone";
  EXPECT_EQ(state_words(3), "full at 12");
  EXPECT_FALSE(copy(start_of(0) + 12, {{start_of(3), 2}}).failure.has_value()) << "to a conventional zone";
  EXPECT_EQ(read(start_of(0) + 12, 3), (Stamps{70, 12, 0}));
  EXPECT_EQ(content(2), padded(counting_from(50, 5), zone_size)) << "the source is as it was";
  reopen();
  EXPECT_EQ(read(start_of(3), 12), (Stamps{70, 12, 13, 14, 41, 50, 51, 52, 53, 54, 70, 12}));
}

TEST_P(ImageCopyOfBlocks, CopySharesNothingThatChangesLater) {
  create(spec_of(GetParam(), 4, 1));
  ASSERT_TRUE(write(start_of(0), counting_from(1, zone_capacity)).ok());
  EXPECT_FALSE(copy(start_of(1), {{start_of(0), zone_capacity}}).failure.has_value());
  ASSERT_TRUE(write(start_of(0), Stamps(zone_capacity, 99)).ok());
  EXPECT_EQ(content(1), padded(counting_from(1, zone_capacity), zone_size));
  EXPECT_FALSE(copy(start_of(2), {{start_of(1), zone_capacity}}).failure.has_value());
  ASSERT_TRUE(manage(1, ZoneAction::reset).ok());
  EXPECT_EQ(content(2), padded(counting_from(1, zone_capacity), zone_size));
}

TEST_P(ImageCopyOfBlocks, CopyFromAboveTheWritePointerFallsBack) {
  create(spec_of(GetParam(), 6));
  ASSERT_TRUE(write(start_of(1), counting_from(1, 4)).ok());
  const CopyOutcome first = copy(start_of(2), {{start_of(1) + 2, 3}});
  ASSERT_TRUE(first.failure.has_value());
  EXPECT_EQ(first.failure->decision, CopyDecision::fall_back);
  EXPECT_EQ(first.blocks_copied, 0U);
  EXPECT_EQ(state(2).write_pointer_blocks, 0U);

  const CopyOutcome second = copy(start_of(3), {{start_of(1), 4}, {start_of(4), 1}, {start_of(1), 1}});
  ASSERT_TRUE(second.failure.has_value());
  EXPECT_EQ(second.failure->decision, CopyDecision::fall_back);
  EXPECT_EQ(second.blocks_copied, 4U) << "what was copied before counts";
  EXPECT_EQ(state(3).write_pointer_blocks, 4U);
  EXPECT_EQ(content(3), padded(counting_from(1, 4), zone_size));

  ASSERT_TRUE(manage(1, ZoneAction::finish).ok());
  const CopyOutcome third = copy(start_of(2), {{start_of(1) + 2, 10}});
  EXPECT_FALSE(third.failure.has_value()) << "a full zone has no such place below its capacity";
  EXPECT_EQ(content(2), padded({3, 4}, zone_size));
  const CopyOutcome fourth = copy(start_of(5), {{start_of(1) + 11, 2}});
  ASSERT_TRUE(fourth.failure.has_value()) << "above the capacity nothing can be copied";
  EXPECT_EQ(fourth.failure->decision, CopyDecision::fall_back);
}

TEST_P(ImageCopyOfBlocks, CopyIsRefusedAsAWriteIs) {
  create(spec_of(GetParam(), 8));
  ASSERT_TRUE(write(start_of(0), counting_from(1, zone_capacity)).ok());
  ASSERT_TRUE(write(start_of(1), {1}).ok());
  set_bad(2, ZoneCondition::read_only);
  set_bad(3, ZoneCondition::offline);
  ASSERT_TRUE(manage(4, ZoneAction::finish).ok());
  struct Row {
    const char* name;
    Lba destination_lba;
    CopyRange range;
    int code;
  };
  const Row rows[] = {
      {"not at the write pointer", start_of(1) + 2, {start_of(0), 1}, EIO},
      {"past the capacity", start_of(1) + 1, {start_of(0), 12}, EFBIG},
      {"to a read-only zone", start_of(2), {start_of(0), 1}, EROFS},
      {"to an offline zone", start_of(3), {start_of(0), 1}, EIO},
      {"to a full zone", start_of(4), {start_of(0), 1}, EFBIG},
      {"from an offline zone", start_of(5), {start_of(3), 1}, EIO},
  };
  for (const Row& row : rows) {
    const CopyOutcome outcome = copy(row.destination_lba, {row.range});
    ASSERT_TRUE(outcome.failure.has_value()) << row.name;
    EXPECT_EQ(outcome.failure->decision, CopyDecision::fail) << row.name;
    EXPECT_EQ(outcome.failure->error.code(), row.code) << row.name;
    EXPECT_EQ(outcome.blocks_copied, 0U) << row.name;
  }
  EXPECT_EQ(state(5).write_pointer_blocks, 0U);
}

TEST_P(ImageCopyOfBlocks, ACancelledCopyTellsWhatItHasDone) {
  create(spec_of(GetParam(), 4));
  ASSERT_TRUE(write(start_of(0), counting_from(1, 4)).ok());
  CancelToken cancel;
  cancel.request();
  const CopyOutcome outcome = copy(start_of(1), {{start_of(0), 2}, {start_of(0), 2}}, &cancel);
  EXPECT_FALSE(outcome.failure.has_value());
  EXPECT_EQ(outcome.blocks_copied, 0U);
  EXPECT_EQ(state(1).write_pointer_blocks, 0U);
}

TEST_F(ImageCopy, CopyBetweenImages) {
  create(spec_of(4096, 4));
  const std::string other_path = (folder_ / "other.img").string();
  ASSERT_TRUE(create_image(other_path, spec_of(4096, 4)).ok());
  Result<std::unique_ptr<ZonedDevice>> other = open_image(loop(), other_path, false);
  ASSERT_TRUE(other.ok());
  const Buffer blocks = blocks_with({7, 8, 9});
  ASSERT_TRUE(run((*other)->write(start_of(2), part(blocks, 3))).ok());
  ASSERT_NE(device().copy_route(**other).path, CopyPath::emulated);
  const CopyCommand command{start_of(1), {{start_of(2) + 1, 2}}};
  const CopyOutcome outcome = run(device().copy(**other, command, nullptr));
  EXPECT_FALSE(outcome.failure.has_value());
  EXPECT_EQ(content(1), padded({8, 9}, zone_size));
  EXPECT_EQ(state_words(1), "implicit-open at 2");
  const SimDevice simulated{SimSpec{}};
  EXPECT_EQ(device().copy_route(simulated).path, CopyPath::emulated);
}

TEST_F(ImageCopy, CopiesToManyZonesAtOnce) {
  constexpr ZoneIndex copies = 30;
  create(spec_of(4096, copies + 2));
  ASSERT_TRUE(write(start_of(0), counting_from(1, zone_capacity)).ok());
  std::vector<CopyCommand> commands;
  for (ZoneIndex zone = 1; zone <= copies; ++zone) {
    commands.push_back({start_of(zone), {{start_of(0), 5}, {start_of(0) + 5, 7}}});
  }
  std::uint64_t copied = 0;
  const auto copy_one = [](ZonedDevice& on, const CopyCommand* command, std::uint64_t* sum) -> Task<void> {
    const CopyOutcome outcome = co_await on.copy(on, *command, nullptr);
    EXPECT_FALSE(outcome.failure.has_value());
    *sum += outcome.blocks_copied;
  };
  std::vector<Task<void>> tasks;
  for (const CopyCommand& command : commands) tasks.push_back(copy_one(device(), &command, &copied));
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(copied, copies * zone_capacity);
  for (ZoneIndex zone = 1; zone <= copies; ++zone) {
    EXPECT_EQ(content(zone), padded(counting_from(1, zone_capacity), zone_size)) << zone;
    EXPECT_EQ(state_words(zone), "full at 12");
  }
}

}  // namespace
}  // namespace zonecopy::test
