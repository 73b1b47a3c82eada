// Images in a row, which know their places.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "src/device/linear/in_a_row.h"
#include "tests/support/loop/loop_test.h"
#include "zonecopy/buffer.h"
#include "zonecopy/image.h"
#include "zonecopy/open_device.h"

namespace zonecopy::test {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t zone_bytes = 65536;
constexpr std::array<std::uint8_t, 16> set{9, 9, 9};

class Concatenate : public LoopTest {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "zonecopy-row.XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    for (const char* image : {"a", "b", "c"}) make_image(image, 4);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void make_image(const char* name, std::uint64_t zones, std::uint64_t one_zone_bytes = zone_bytes) {
    ImageSpec spec;
    spec.size_bytes = zones * one_zone_bytes;
    spec.zone_size_bytes = one_zone_bytes;
    ASSERT_TRUE(create_image(path(name), spec).ok());
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::vector<std::unique_ptr<ZonedDevice>> open(const std::vector<std::string>& names) {
    std::vector<std::unique_ptr<ZonedDevice>> devices;
    for (const std::string& name : names) {
      Result<std::unique_ptr<ZonedDevice>> device = open_device(loop(), path(name), OpenOptions());
      EXPECT_TRUE(device.ok()) << (device ? "" : device.error().to_string());
      if (device) devices.push_back(std::move(*device));
    }
    return devices;
  }
  void write_records(const std::vector<std::string>& names) {
    const std::vector<std::unique_ptr<ZonedDevice>> devices = open(names);
    for (std::size_t i = 0; i < devices.size(); ++i) {
      const linear::Member member = linear::member_of(devices[i]->info(), set, i, devices.size());
      ASSERT_TRUE(run(linear::write_member(*devices[i], member)).ok());
    }
  }
  std::string refusal(const std::vector<std::string>& names) {
    const Result<std::unique_ptr<ZonedDevice>> row = concatenate(loop(), open(names), "row");
    return row ? std::string() : row.error().to_string();
  }

  std::filesystem::path folder_;
};

TEST_F(Concatenate, DataIsWhereTheZonesAre) {
  write_records({"a", "b"});
  {
    const Result<std::unique_ptr<ZonedDevice>> row = concatenate(loop(), open({"a", "b"}), "row");
    ASSERT_TRUE(row.ok()) << row.error().to_string();
    EXPECT_EQ((*row)->info().path, "row");
    EXPECT_EQ((*row)->info().zone_count, 7U);
    EXPECT_EQ((*row)->identity().id, device_id(path("a")) + "+" + device_id(path("b")));
    const Buffer data(4096);
    std::fill_n(data.data(), 4096, std::byte{7});
    ASSERT_TRUE(run((*row)->write(4 * 16, data.span())).ok());  // the first zone behind those of a
  }
  const std::vector<std::unique_ptr<ZonedDevice>> below = open({"b"});
  const Buffer data(4096);
  ASSERT_TRUE(run(below.front()->read(16, data.span())).ok());
  EXPECT_EQ(data.data()[4095], std::byte{7});
}

TEST_F(Concatenate, OnlyAsTheyWereFormatted) {
  write_records({"a", "b", "c"});
  EXPECT_EQ(refusal({"a", "b", "c"}), "");
  EXPECT_THAT(refusal({"a", "c", "b"}), HasSubstr("number 3 of its set and is given as number 2"));
  EXPECT_THAT(refusal({"b", "a", "c"}), HasSubstr("number 2 of its set and is given as number 1"));
  EXPECT_THAT(refusal({"a", "b"}), HasSubstr("its set has 3 devices, and 2 are given"));
  EXPECT_THAT(refusal({"a"}), HasSubstr("at least two"));
  make_image("d", 4);
  EXPECT_THAT(refusal({"a", "b", "d"}), HasSubstr("d: Invalid argument: it is of no set"));
  make_image("e", 4, 2 * zone_bytes);
  EXPECT_THAT(refusal({"a", "e"}), HasSubstr("e has zones of 131072 bytes and"));
}

TEST_F(Concatenate, InspectedWhileOthersHoldThem) {
  const std::vector<std::unique_ptr<ZonedDevice>> held = open({"a", "b"});
  const Result<Inspection> found = inspect_concatenated({path("a"), path("b")}, "row");
  ASSERT_TRUE(found.ok()) << found.error().to_string();
  ASSERT_EQ(found->zones.size(), 7U);
  for (ZoneIndex i = 0; i < 7; ++i) EXPECT_EQ(found->zones[i].index, i);
  EXPECT_EQ(found->info.pieces.size(), 2U);
  EXPECT_EQ(inspect_concatenated({path("a"), path("no")}, "row").error().code(), ENOENT);
}

}  // namespace
}  // namespace zonecopy::test
