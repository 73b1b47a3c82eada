// Files with keys: whose are read, and whose are not.
#include "src/base/private_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <span>
#include <string>
#include <utility>

namespace zonecopy {
namespace {

class PrivateFile : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(mkdtemp(folder_.data()), nullptr); }
  void TearDown() override {
    unlink(path().c_str());
    rmdir(folder_.c_str());
  }
  [[nodiscard]] std::string path() const { return folder_ + "/key"; }
  void make(const std::string& text, mode_t mode) const {
    std::ofstream(path()) << text;
    ASSERT_EQ(chmod(path().c_str(), mode), 0);
  }

 private:
  std::string folder_ = testing::TempDir() + "private_file_XXXXXX";
};

TEST_F(PrivateFile, IsRead) {
  for (const std::string& text : {std::string(), std::string("key\n"), std::string(private_file_max_bytes, 'k')}) {
    make(text, 0600);
    const Result<Secret> read = read_private_file(path());
    ASSERT_TRUE(read.ok()) << read.error().to_string();
    const std::span<const std::byte> wanted = std::as_bytes(std::span(text));
    EXPECT_TRUE(std::ranges::equal(std::as_const(*read).bytes(), wanted));
  }
}

TEST_F(PrivateFile, TooOpen) {
  for (const mode_t mode : {0644, 0604, 0601, 0602, 0620, 0610, 0660, 0666}) {
    make("key", mode);
    const Result<Secret> read = read_private_file(path());
    ASSERT_FALSE(read.ok()) << std::oct << mode;
    EXPECT_EQ(read.error().code(), EACCES);
    EXPECT_NE(read.error().detail().find("chmod 600"), std::string::npos);
    EXPECT_EQ(read.error().device(), path());
  }
}

/// What belongs to root may be read by a group, what belongs to somebody else not.
TEST_F(PrivateFile, GroupMayReadWhatIsRoots) {
  make("key", 0640);
  EXPECT_EQ(read_private_file(path()).ok(), geteuid() == 0);
}

TEST_F(PrivateFile, OfSomebodyElse) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  make("key", 0600);
  ASSERT_EQ(chown(path().c_str(), 12345, 0), 0);
  const Result<Secret> read = read_private_file(path());
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), EACCES);
  EXPECT_NE(read.error().detail().find("user 12345"), std::string::npos);
}

TEST_F(PrivateFile, WhatIsNoFile) {
  EXPECT_EQ(read_private_file(path()).error().code(), ENOENT);
  EXPECT_EQ(read_private_file("/dev/null").error().code(), EINVAL);
  ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
  EXPECT_EQ(read_private_file(path()).error().code(), EINVAL);
}

TEST_F(PrivateFile, TooLong) {
  make(std::string(private_file_max_bytes + 1, 'k'), 0600);
  EXPECT_EQ(read_private_file(path()).error().code(), EFBIG);
}

}  // namespace
}  // namespace zonecopy
