// Files that are there whole or not at all.
#include "tools/compact/durable_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "zonecopy/file_descriptor.h"

namespace zonecopy::compact {
namespace {

class DurableFile : public testing::Test {
 protected:
  DurableFile() {
    std::string name = testing::TempDir() + "durable_XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~DurableFile() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] static std::string text_of(const std::string& path) {
    const Result<std::optional<std::string>> text = read_own_if_there(path);
    if (!text) return text.error().to_string();
    return text->value_or("none");
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

  std::string folder_;
};

TEST_F(DurableFile, written_replaced_and_removed) {
  EXPECT_EQ(text_of(path("map")), "none");
  ASSERT_TRUE(write_durably(path("map"), "one", IfThere::refuse));
  EXPECT_EQ(text_of(path("map")), "one");
  EXPECT_EQ(write_durably(path("map"), "two", IfThere::refuse).error().code(), EEXIST);
  EXPECT_EQ(text_of(path("map")), "one");
  ASSERT_TRUE(write_durably(path("map"), "two", IfThere::replace));
  EXPECT_EQ(text_of(path("map")), "two");
  EXPECT_EQ(files(), 1U) << "nothing is left beside it";
  ASSERT_TRUE(remove_durably(path("map")));
  EXPECT_EQ(files(), 0U);
  EXPECT_EQ(remove_durably(path("map")).error().code(), ENOENT);
}

TEST_F(DurableFile, what_a_kill_has_left_is_in_nobodys_way) {
  std::ofstream(unfinished_name(path("map"))) << "ha";
  ASSERT_TRUE(write_durably(path("map"), "one", IfThere::refuse));
  EXPECT_EQ(text_of(path("map")), "one");
  EXPECT_EQ(files(), 1U);
}

TEST_F(DurableFile, where_it_cannot_be) {
  EXPECT_EQ(write_durably(path("no/map"), "one", IfThere::replace).error().code(), ENOENT);
  ASSERT_TRUE(std::filesystem::create_directory(path("folder")));
  EXPECT_EQ(write_durably(path("folder"), "one", IfThere::replace).error().code(), EISDIR);
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(check_writable(path("no/map")).error().code(), ENOENT);
  EXPECT_TRUE(check_writable(path("map")));
  EXPECT_EQ(files(), 1U);
}

TEST_F(DurableFile, what_is_no_ordinary_file_is_not_read) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_own_if_there(path("pipe")).error().code(), EINVAL);
  EXPECT_EQ(read_own_if_there(folder_).error().code(), EINVAL);
}

TEST_F(DurableFile, no_more_is_read_than_wanted) {
  const FileDescriptor endless(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(endless);
  EXPECT_EQ(read_to_end(endless.get(), "zeros", 100000).error().code(), E2BIG);
  ASSERT_TRUE(write_durably(path("list"), "four", IfThere::refuse));
  for (const std::size_t max_bytes : {3U, 4U}) {
    const FileDescriptor fd(open(path("list").c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(read_to_end(fd.get(), "list", max_bytes).ok(), max_bytes == 4);
  }
}

TEST_F(DurableFile, what_others_may_have_written_is_not_read) {
  const mode_t mask = umask(0);
  ASSERT_TRUE(write_durably(path("plan"), "one", IfThere::refuse));
  umask(mask);
  EXPECT_EQ(text_of(path("plan")), "one") << "of whatever mask: others may not write to it";
  std::filesystem::create_symlink("plan", path("link"));
  EXPECT_EQ(read_own_if_there(path("link")).error().code(), ELOOP);
  for (const mode_t mode : {0664, 0646}) {
    ASSERT_EQ(chmod(path("plan").c_str(), mode), 0);
    EXPECT_EQ(read_own_if_there(path("plan")).error().code(), EPERM) << mode;
  }
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_EQ(chmod(path("plan").c_str(), 0600), 0);
  ASSERT_EQ(chown(path("plan").c_str(), 65534, 65534), 0);
  EXPECT_EQ(read_own_if_there(path("plan")).error().code(), EPERM);
}

}  // namespace
}  // namespace zonecopy::compact
