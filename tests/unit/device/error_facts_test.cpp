// What an error of an image knows beyond its errno: why the zone refused, and which side of a copy failed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/support/loop/loop_test.h"
#include "zonecopy/buffer.h"
#include "zonecopy/image.h"
#include "zonecopy/open_device.h"

namespace zonecopy::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t block_bytes = 4096;
constexpr std::uint64_t zone_capacity = 12;

class ErrorFacts : public LoopTest {
 protected:
  ErrorFacts() {
    std::string name = (fs::temp_directory_path() / "zonecopy-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    path_ = (folder_ / "disk.img").string();
    ImageSpec spec;
    spec.block_size_bytes = block_bytes;
    spec.zone_size_bytes = 16 * block_bytes;
    spec.zone_capacity_bytes = zone_capacity * block_bytes;
    spec.size_bytes = 6 * spec.zone_size_bytes;
    spec.max_open_zones = 1;
    spec.max_active_zones = 2;
    EXPECT_TRUE(create_image(path_, spec).ok());
    Result<std::unique_ptr<ZonedDevice>> opened = open_image(loop(), path_, false);
    EXPECT_TRUE(opened.ok());
    device_ = std::move(*opened);
  }
  ~ErrorFacts() override {
    device_.reset();
    fs::remove_all(folder_);
  }

  [[nodiscard]] Lba start_of(ZoneIndex zone) const { return device_->info().zone_start(zone); }
  Status write(Lba lba, std::uint64_t blocks) {
    const Buffer buffer(blocks * block_bytes);
    const std::span<const std::byte> data = buffer.first(blocks * block_bytes);
    return run(device_->write(lba, data));
  }
  Status read(Lba lba) {
    const Buffer buffer(block_bytes);
    return run(device_->read(lba, buffer.first(block_bytes)));
  }
  Status manage(ZoneIndex zone, ZoneAction action) { return run(device_->manage_zone(zone, action)); }
  std::optional<Error> copy(Lba from, Lba to) {
    const CopyCommand command{to, {CopyRange{from, 1}}};
    const CopyOutcome outcome = run(device_->copy(*device_, command, nullptr));
    return outcome.failure ? std::optional(outcome.failure->error) : std::nullopt;
  }
  void set(ZoneIndex zone, ZoneCondition condition) {
    EXPECT_TRUE(set_image_zone_condition(path_, zone, condition).ok());
  }

  fs::path folder_;
  std::string path_;
  std::unique_ptr<ZonedDevice> device_;
};

void expect_refusal(const Status& status, ZoneRefusal refusal) {
  ASSERT_FALSE(status.ok()) << to_string(refusal);
  EXPECT_EQ(status.error().zone_refusal(), refusal) << status.error().to_string();
  EXPECT_EQ(status.error().code(), to_errno(refusal)) << status.error().to_string();
}

TEST_F(ErrorFacts, WhyAZoneRefuses) {
  expect_refusal(write(start_of(0) + 2, 1), ZoneRefusal::invalid_write);
  expect_refusal(write(start_of(0), zone_capacity + 1), ZoneRefusal::boundary);
  expect_refusal(manage(0, ZoneAction::close), ZoneRefusal::invalid_transition);
  ASSERT_TRUE(manage(1, ZoneAction::finish).ok());
  expect_refusal(write(start_of(1), 1), ZoneRefusal::full);
  ASSERT_TRUE(manage(2, ZoneAction::open).ok());
  expect_refusal(write(start_of(0), 1), ZoneRefusal::too_many_open);
  ASSERT_TRUE(write(start_of(2), 1).ok());
  ASSERT_TRUE(manage(2, ZoneAction::close).ok());
  ASSERT_TRUE(write(start_of(3), 1).ok());
  expect_refusal(write(start_of(0), 1), ZoneRefusal::too_many_active);
  set(4, ZoneCondition::read_only);
  expect_refusal(write(start_of(4), 1), ZoneRefusal::read_only);
  set(5, ZoneCondition::offline);
  expect_refusal(write(start_of(5), 1), ZoneRefusal::offline);
  expect_refusal(read(start_of(5)), ZoneRefusal::offline);
  const Status beyond = write(start_of(6), 1);
  ASSERT_FALSE(beyond.ok());
  EXPECT_EQ(beyond.error().zone_refusal(), std::nullopt) << "no zone has refused";
}

TEST_F(ErrorFacts, WhichSideOfACopyFailed) {
  ASSERT_TRUE(write(start_of(0), 1).ok());
  set(5, ZoneCondition::offline);
  const std::optional<Error> source = copy(start_of(5), start_of(1));
  ASSERT_TRUE(source);
  EXPECT_EQ(source->copy_side(), CopySide::source);
  EXPECT_EQ(source->zone_refusal(), ZoneRefusal::offline);
  const std::optional<Error> destination = copy(start_of(0), start_of(5));
  ASSERT_TRUE(destination);
  EXPECT_NE(destination->copy_side(), CopySide::source);
  EXPECT_EQ(destination->zone_refusal(), ZoneRefusal::offline);
}

}  // namespace
}  // namespace zonecopy::test
