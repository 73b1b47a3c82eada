// Zeros in an image: holes where they can be, written where not, and content in both cases.
#include <sys/stat.h>

#include "tests/support/random.h"
#include "tests/support/seed.h"
#include "tests/unit/device/image/image_device_fixture.h"

namespace zonecopy::test {
namespace {

class ImageZeros : public ImageDeviceOfBlocks {
 protected:
  /// Zones of 4 MiB, in which 1 MiB and more of zeros becomes a hole.
  void create_wide() {
    ImageSpec spec;
    spec.block_size_bytes = GetParam();
    spec.zone_size_bytes = 4U << 20;
    spec.size_bytes = 4 * spec.zone_size_bytes;
    spec.conventional_zones = 1;
    create(spec);
  }
  [[nodiscard]] std::uint64_t blocks_of(std::uint64_t size_bytes) const { return size_bytes / GetParam(); }
  /// Bytes that the file takes.
  [[nodiscard]] std::uint64_t used_bytes() const {
    struct stat facts {};
    EXPECT_EQ(stat(path_.c_str(), &facts), 0);
    return static_cast<std::uint64_t>(facts.st_blocks) * 512;
  }
};
INSTANTIATE_TEST_SUITE_P(BlockSize, ImageZeros, testing::Values(512, 4096));

TEST_P(ImageZeros, ManyZerosInASequentialZoneTakeNoSpace) {
  create_wide();
  ASSERT_TRUE(write(start_of(1), {11, 12}).ok());
  const std::uint64_t used_before_bytes = used_bytes();
  const std::uint64_t gap_blocks = blocks_of(3U << 20);
  ASSERT_TRUE(write_zeroes(start_of(1) + 2, gap_blocks).ok());
  EXPECT_LT(used_bytes(), used_before_bytes + (1U << 20));
  EXPECT_EQ(state_words(1), fmt::format("implicit-open at {}", gap_blocks + 2));
  ASSERT_TRUE(write(start_of(1) + 2 + gap_blocks, {21}).ok());
  Stamps expected = {11, 12};
  expected.resize(2 + gap_blocks);
  expected.push_back(21);
  EXPECT_EQ(read(start_of(1), expected.size()), expected);
  reopen();  // with nothing synced by anyone, as after a kill
  EXPECT_EQ(state_words(1), fmt::format("closed at {}", expected.size()));
  EXPECT_EQ(read(start_of(1), expected.size()), expected);
}

TEST_P(ImageZeros, ZerosThatFillAZoneMakeItFull) {
  create_wide();
  const std::uint64_t zone_blocks = blocks_of(4U << 20);
  ASSERT_TRUE(write_zeroes(start_of(2), zone_blocks).ok());
  EXPECT_EQ(state_words(2), fmt::format("full at {}", zone_blocks));
  EXPECT_EQ(code_of(write_zeroes(start_of(2), 1)), EFBIG);
  reopen();
  EXPECT_EQ(state_words(2), fmt::format("full at {}", zone_blocks));
  ASSERT_TRUE(manage(2, ZoneAction::reset).ok());
  ASSERT_TRUE(write(start_of(2), {31}).ok());
  EXPECT_EQ(read(start_of(2), 3), (Stamps{31, 0, 0}));
}

TEST_P(ImageZeros, InAConventionalZoneZerosGiveSpaceBack) {
  create_wide();
  const std::uint64_t zone_blocks = blocks_of(4U << 20);
  const Stamps stamps = counting_from(1, zone_blocks);
  ASSERT_TRUE(write(start_of(0), stamps).ok());
  ASSERT_TRUE(run(device().flush()).ok());
  const std::uint64_t used_before_bytes = used_bytes();
  // Neither end lies where a block of the file system does.
  const std::uint64_t first = blocks_of(1U << 20) + 1;
  const std::uint64_t count = blocks_of(2U << 20);
  ASSERT_TRUE(write_zeroes(start_of(0) + first, count).ok());
  Stamps expected = stamps;
  std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(first), count, 0);
  EXPECT_EQ(read(start_of(0), zone_blocks), expected);
  EXPECT_LT(used_bytes(), used_before_bytes - (1U << 20));
  ASSERT_TRUE(write(start_of(0) + first, {7}).ok());
  EXPECT_EQ(read(start_of(0) + first - 1, 3), (Stamps{stamps[first - 1], 7, 0}));
}

TEST_P(ImageZeros, RefusedAsAWriteIs) {
  create(spec_of(GetParam(), 6, 2));
  const std::uint64_t device_blocks = device().info().capacity_blocks;
  EXPECT_EQ(code_of(write_zeroes(start_of(3) + 1, 1)), EIO) << "not at the write pointer";
  EXPECT_EQ(code_of(write_zeroes(start_of(3), zone_capacity + 1)), EFBIG) << "beyond the capacity";
  EXPECT_EQ(code_of(write_zeroes(start_of(0), zone_size + 1)), EFBIG) << "in two zones";
  EXPECT_EQ(code_of(write_zeroes(device_blocks, 1)), EINVAL);
  EXPECT_EQ(code_of(write_zeroes(start_of(5), runt_size + 1)), EINVAL) << "beyond the device";
  EXPECT_EQ(code_of(write_zeroes(start_of(3), ~std::uint64_t{0})), EINVAL) << "so many that the sum wraps";
  EXPECT_EQ(code_of(write_zeroes(start_of(3), 0)), 0);
  EXPECT_EQ(state_words(3), "empty at 0");
  for (const ZoneIndex zone : {0U, 3U}) {
    set_bad(zone, ZoneCondition::read_only);
    EXPECT_EQ(code_of(write_zeroes(start_of(zone), 1)), EROFS);
    set_bad(zone, ZoneCondition::offline);
    EXPECT_EQ(code_of(write_zeroes(start_of(zone), 1)), EIO);
  }
}

}  // namespace
}  // namespace zonecopy::test
