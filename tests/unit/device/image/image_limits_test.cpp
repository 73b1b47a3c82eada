// Limits of open and active zones hold at every moment, whoever writes at once.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "tests/support/image/image_machine.h"
#include "tests/support/loop/loop_test.h"
#include "tests/support/random.h"
#include "tests/support/seed.h"

namespace zonecopy {
namespace {

using image::Header;
using image::ImageDevice;
using test::block_bytes;
using test::fresh_file;
using test::header_of;
using test::Machine;
using test::MemoryStore;
using test::Random;
using test::SparseFile;
using test::zone_capacity;
using test::zones;
using Step = test::MemoryStore::Step;

class ImageLimits : public test::LoopTest {
 protected:
  const std::uint64_t seed_ = test::test_seed();
  test::Watchdog watchdog_{testing::UnitTest::GetInstance()->current_test_info()->name(), 240};
};

Task<void> append_into(ImageDevice& device, ZoneIndex zone, std::span<const std::byte> data, int* code) {
  const Result<Lba> landed = co_await device.append(zone, data);
  *code = landed ? 0 : landed.error().code();
}

/// How many zones count as open and as active in the table as another process reads it.
std::pair<std::uint32_t, std::uint32_t> counted(const SparseFile& file) {
  const Header header = header_of({});
  std::pair<std::uint32_t, std::uint32_t> counts;
  for (ZoneIndex zone = 1; zone < zones; ++zone) {
    std::uint64_t word = 0;
    file.read(std::as_writable_bytes(std::span(&word, 1)), header.word_offset_bytes(zone));
    const ZoneCondition condition = image::unpack(word, zone_capacity)->condition;
    counts.first += is_open(condition) ? 1 : 0;
    counts.second += is_active(condition) ? 1 : 0;
  }
  return counts;
}

TEST_F(ImageLimits, HoldWhenZonesAreWrittenAtOnce) {
  struct Row {
    ResourceLimits limits;
    std::size_t succeed;
  };
  for (const Row& row :
       {Row{{1, 2}, 2}, Row{{1, 0}, 3}, Row{{2, 2}, 2}, Row{{0, 1}, 1}, Row{{3, 3}, 3}, Row{{1, 1}, 1}}) {
    SCOPED_TRACE(fmt::format("open {}, active {}", row.limits.max_open_zones, row.limits.max_active_zones));
    Machine machine(loop(), fresh_file(row.limits));
    const Buffer block(block_bytes);
    std::memset(block.data(), 1, block_bytes);
    std::vector<int> codes(zones - 1, -1);
    std::vector<Task<void>> tasks;
    for (ZoneIndex zone = 1; zone < zones; ++zone) {
      tasks.push_back(append_into(machine.device(), zone, block.first(block_bytes), &codes[zone - 1]));
    }
    test::run_all(loop(), std::move(tasks));
    EXPECT_EQ(static_cast<std::size_t>(std::count(codes.begin(), codes.end(), 0)), row.succeed);
    EXPECT_EQ(static_cast<std::size_t>(std::count(codes.begin(), codes.end(), EOVERFLOW)), codes.size() - row.succeed);
    // At no moment were there more.
    for (std::size_t count = 0; count <= machine.store().changes().size(); ++count) {
      const auto [open, active] = counted(test::after_kill(machine.store(), count));
      if (row.limits.max_open_zones != 0) {
        EXPECT_LE(open, row.limits.max_open_zones) << "after change " << count;
      }
      if (row.limits.max_active_zones != 0) {
        EXPECT_LE(active, row.limits.max_active_zones) << "after change " << count;
      }
    }
  }
}

Task<void> play_into(ImageDevice& device, std::uint64_t seed, std::uint64_t* refusals) {
  Random random(seed);
  const Buffer block(block_bytes);
  std::memset(block.data(), 1, block_bytes);
  for (int step = 0; step < 200; ++step) {
    const auto zone = static_cast<ZoneIndex>(random.between(1, zones - 1));
    int code = 0;
    if (random.below(6) == 0) {  // it looks at zones that others are at work in
      const Status flushed = co_await device.flush();
      EXPECT_TRUE(flushed.ok());
    } else if (random.below(4) != 0) {
      const std::span<const std::byte> data = block.first(block_bytes);
      const Result<Lba> landed = co_await device.append(zone, data);
      code = landed ? 0 : landed.error().code();
    } else {
      constexpr ZoneAction actions[] = {ZoneAction::open, ZoneAction::close, ZoneAction::reset, ZoneAction::reset};
      const ZoneAction action = actions[random.below(4)];
      const Status done = co_await device.manage_zone(zone, action);
      code = done ? 0 : done.error().code();
    }
    *refusals += code == EOVERFLOW || code == ETOOMANYREFS ? 1 : 0;
    const bool expected = code == 0 || code == EOVERFLOW || code == ETOOMANYREFS || code == EFBIG || code == EINVAL;
    EXPECT_TRUE(expected) << "errno " << code;
  }
}

TEST_F(ImageLimits, HoldUnderRandomCommandsOfManyAtOnce) {
  std::uint64_t refusals = 0;
  for (const ResourceLimits& limits :
       {ResourceLimits{1, 2}, ResourceLimits{2, 2}, ResourceLimits{1, 0}, ResourceLimits{2, 0}}) {
    SCOPED_TRACE(fmt::format("open {}, active {}", limits.max_open_zones, limits.max_active_zones));
    Machine machine(loop(), fresh_file(limits));
    std::vector<Task<void>> tasks;
    for (std::uint64_t player = 0; player < 6; ++player) {
      tasks.push_back(play_into(machine.device(), seed_ + player, &refusals));
    }
    test::run_all(loop(), std::move(tasks));
    SparseFile file = machine.store().first();
    for (const MemoryStore::Change& change : machine.store().changes()) {
      if (change.step != Step::table) continue;
      file.write(change.data, change.offset_bytes);
      const auto [open, active] = counted(file);
      ASSERT_LE(open, limits.max_open_zones);
      if (limits.max_active_zones != 0) {
        ASSERT_LE(active, limits.max_active_zones);
      }
    }
  }
  EXPECT_GT(refusals, 0U) << "the limits were never met: then this test shows nothing";
}

}  // namespace
}  // namespace zonecopy
