// Many commands to one zoned image at once.
#include "tests/support/random.h"
#include "tests/support/seed.h"
#include "tests/unit/device/image/image_device_fixture.h"

namespace zonecopy::test {
namespace {

class ImageConcurrency : public ImageDeviceOfBlocks {};
INSTANTIATE_TEST_SUITE_P(BlockSize, ImageConcurrency, testing::Values(512, 4096));

TEST_P(ImageConcurrency, AppendsToOneZoneAllLand) {
  ImageSpec spec = spec_of(GetParam(), 2);
  spec.zone_size_bytes = 256 * std::uint64_t{GetParam()};
  spec.zone_capacity_bytes = 0;
  spec.size_bytes = 2 * spec.zone_size_bytes;
  create(spec);
  Random random(test_seed());
  struct Append {
    Stamps stamps;
    Buffer blocks;
    Result<Lba> lba = Error(EIO, "not done");
  };
  std::vector<Append> appends(100);
  std::vector<Task<void>> tasks;
  std::uint64_t stamp = 1;
  for (Append& each : appends) {
    each.stamps = counting_from(stamp, random.between(1, 3));
    stamp += each.stamps.size();
    each.blocks = blocks_with(each.stamps);
    tasks.push_back(append_into(device(), 1, part(each.blocks, each.stamps.size()), &each.lba));
  }
  run_all(loop(), std::move(tasks));
  Stamps landed;
  for (const Append& each : appends) {
    const std::uint64_t left = 256 - landed.size();
    if (each.stamps.size() > left) {
      EXPECT_EQ(code_of(each.lba), EFBIG);
      continue;
    }
    ASSERT_TRUE(each.lba.ok()) << each.lba.error().to_string();
    EXPECT_EQ(*each.lba, start_of(1) + landed.size()) << "in the order in which they were sent";
    landed.insert(landed.end(), each.stamps.begin(), each.stamps.end());
  }
  EXPECT_EQ(content(1), padded(landed, 256));
  EXPECT_EQ(state(1).write_pointer_blocks, landed.size());
}

TEST_P(ImageConcurrency, CommandsToOneZoneKeepTheirOrder) {
  create(spec_of(GetParam(), 4));
  constexpr std::size_t writes = zone_capacity - 1;
  std::vector<Buffer> buffers;
  std::vector<int> codes(2 * writes + 2, -1);
  std::vector<Task<void>> tasks;
  for (std::size_t i = 0; i < writes; ++i) {
    for (const ZoneIndex zone : {1U, 2U}) {
      buffers.push_back(blocks_with({zone * 100 + i}));
      tasks.push_back(write_into(device(), start_of(zone) + i, part(buffers.back(), 1), &codes[2 * i + zone - 1]));
    }
  }
  tasks.push_back(manage_into(device(), 1, ZoneAction::finish, &codes[2 * writes]));
  tasks.push_back(manage_into(device(), 2, ZoneAction::close, &codes[2 * writes + 1]));
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(codes, std::vector<int>(codes.size(), 0));
  EXPECT_EQ(state_words(1), "full at 12");
  EXPECT_EQ(state_words(2), "closed at 11");
  EXPECT_EQ(content(1), padded(counting_from(100, writes), zone_size));
  EXPECT_EQ(content(2), padded(counting_from(200, writes), zone_size));
}

TEST_P(ImageConcurrency, MoreZonesAreWrittenAtOnceThanCanBeOpen) {
  ImageSpec spec = spec_of(GetParam(), 9);
  spec.max_open_zones = 2;
  create(spec);
  std::vector<Buffer> buffers;
  std::vector<int> codes(8 * zone_capacity, -1);
  std::vector<Task<void>> tasks;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const auto zone = static_cast<ZoneIndex>(i % 8);
    buffers.push_back(blocks_with({i + 1}));
    tasks.push_back(write_into(device(), start_of(zone) + i / 8, part(buffers.back(), 1), &codes[i]));
  }
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(codes, std::vector<int>(codes.size(), 0)) << "zones are closed behind the writer's back, not refused";
  for (ZoneIndex zone = 0; zone < 8; ++zone) {
    EXPECT_EQ(state_words(zone), "full at 12") << zone;
    Stamps expected(zone_capacity);
    for (std::size_t i = 0; i < zone_capacity; ++i) expected[i] = i * 8 + zone + 1;
    EXPECT_EQ(content(zone), padded(expected, zone_size)) << zone;
  }
}

TEST_P(ImageConcurrency, WritesZerosAndFlushesOfSeveralZonesAtOnce) {
  ImageSpec spec;
  spec.block_size_bytes = GetParam();
  spec.zone_size_bytes = 8U << 20;
  spec.size_bytes = 3 * spec.zone_size_bytes;
  spec.max_open_zones = 2;
  create(spec);
  const std::uint64_t gap_blocks = (2U << 20) / GetParam();  // a hole, for which the zone is synced
  constexpr std::uint64_t pieces = 3;
  std::vector<Buffer> buffers;
  std::vector<int> codes(3 * pieces * 3, -1);
  std::vector<Task<void>> tasks;
  Stamps expected;
  for (std::uint64_t piece = 0; piece < pieces; ++piece) {
    for (const ZoneIndex zone : {0U, 1U, 2U}) {
      int* const code = &codes[(piece * 3 + zone) * 3];
      const Lba lba = start_of(zone) + piece * (gap_blocks + 1);
      buffers.push_back(blocks_with({piece + 1}));
      tasks.push_back(write_into(device(), lba, part(buffers.back(), 1), code));
      tasks.push_back(zeroes_into(device(), lba + 1, gap_blocks, code + 1));
      tasks.push_back(flush_into(device(), code + 2));
    }
    expected.push_back(piece + 1);
    expected.resize(expected.size() + gap_blocks);
  }
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(codes, std::vector<int>(codes.size(), 0));
  reopen();
  for (ZoneIndex zone = 0; zone < 3; ++zone) {
    EXPECT_EQ(state_words(zone), fmt::format("closed at {}", expected.size()));
    EXPECT_EQ(read(start_of(zone), expected.size()), expected) << zone;
  }
}

TEST_P(ImageConcurrency, AZoneClosedToMakeRoomCanStillBeFinished) {
  ImageSpec spec = spec_of(GetParam(), 4);
  spec.max_open_zones = 1;
  create(spec);
  ASSERT_TRUE(write(start_of(1), {1, 2}).ok());
  const Buffer block = blocks_with({9});
  int finished = -1;
  int written = -1;
  std::vector<Task<void>> tasks;
  tasks.push_back(manage_into(device(), 1, ZoneAction::finish, &finished));
  tasks.push_back(write_into(device(), start_of(2), part(block, 1), &written));  // closes zone 1 while that waits
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(written, 0);
  EXPECT_EQ(finished, 0);
  EXPECT_EQ(state_words(1), "full at 12");
}

}  // namespace
}  // namespace zonecopy::test
