// What names of devices mean, and the one name that holds everywhere.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "zonecopy/open_device.h"

namespace zonecopy {
namespace {

class DeviceName : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(folder_);
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }
  std::string folder_ = std::filesystem::canonical(testing::TempDir()).string() + "/device_name_XXXXXX";

 private:
  std::filesystem::path before_;
};

TEST_F(DeviceName, OfPath) {
  std::ofstream("image") << "x";
  std::filesystem::create_symlink("image", "link");
  EXPECT_EQ(*canonical_device_name("link"), folder_ + "/image");
  EXPECT_EQ(canonical_device_name("nowhere").error().code(), ENOENT);
  EXPECT_EQ(device_id_of("link"), device_id("image"));
  EXPECT_TRUE(device_id_of("nowhere").empty());
}

TEST_F(DeviceName, AcrossNetwork) {
  const std::string nqn = "nqn.2026-01.org.example:disk";
  EXPECT_EQ(*canonical_device_name("nvme-tcp://h/" + nqn), "nvme-tcp://h:4420/" + nqn);
  EXPECT_EQ(*canonical_device_name("nvme-tcp://h:1/" + nqn + "?ctrl-secret=../c&secret=a/k&nsid=2"),
            "nvme-tcp://h:1/" + nqn + "?nsid=2&secret=" + folder_ +
                "/a/k&ctrl-secret=" + std::filesystem::path(folder_).parent_path().string() + "/c");
  const Result<std::string> wrong = canonical_device_name("nvme-tcp://h/" + nqn + "?speed=1");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code(), EINVAL);
  EXPECT_NE(wrong.error().detail().find("no key 'speed'"), std::string::npos);
}

/// What begins so is no path, whatever is there; "./" before it makes one of it.
TEST_F(DeviceName, PathThatLooksLikeName) {
  std::filesystem::create_directories("nvme-tcp:/h");
  std::ofstream("nvme-tcp:/h/image") << "x";
  EXPECT_TRUE(is_remote_device("nvme-tcp://h/image"));
  EXPECT_FALSE(is_remote_device("./nvme-tcp://h/image"));
  EXPECT_EQ(*canonical_device_name("./nvme-tcp://h/image"), folder_ + "/nvme-tcp:/h/image");
  EXPECT_EQ(*canonical_device_name("nvme-tcp://h/image"), "nvme-tcp://h:4420/image");
}

TEST_F(DeviceName, WrongNamesAreRefusedByAll) {
  const std::string wrong = "nvme-tcp://h";
  Result<std::unique_ptr<EventLoop>> loop = EventLoop::create(loop_options_for(wrong));
  ASSERT_TRUE(loop.ok());
  EXPECT_EQ(open_device(**loop, wrong, OpenOptions()).error().code(), EINVAL);
  EXPECT_EQ(inspect_device(wrong).error().code(), EINVAL);
  EXPECT_TRUE(device_id_of(wrong).empty());
  OpenOptions by_block_layer;
  by_block_layer.choice = DeviceChoice::block;
  const Error refused = open_device(**loop, "nvme-tcp://h/n", by_block_layer).error();
  EXPECT_EQ(refused.code(), EINVAL);
  EXPECT_NE(refused.detail().find("device="), std::string::npos);
}

}  // namespace
}  // namespace zonecopy
