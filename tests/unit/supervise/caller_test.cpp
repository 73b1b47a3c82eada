// Looking into another process: its status, credentials, memory and descriptors.
#include "tools/supervise/caller.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace zonecopy::supervise {
namespace {

constexpr std::string_view status =
    "Name:\tcp\nTgid:\t40\nUid:\t1000\t1001\t1002\t1003\nGid:\t100\t101\t102\t103\nGroups:\t27 5 1000 \n"
    "CapEff:\t000001ffffffffff\n";

TEST(Credentials, are_those_that_count_for_files) {
  const std::optional<Credentials> credentials = parse_credentials(status);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->user, 1003U);
  EXPECT_EQ(credentials->group, 103U);
  EXPECT_EQ(credentials->groups, (std::vector<gid_t>{5, 27, 1000}));
  EXPECT_EQ(credentials->capabilities, 0x1ffffffffffU);
}

TEST(Credentials, are_none_where_a_line_is_missing) {
  EXPECT_FALSE(parse_credentials(""));
  for (const std::string_view name : {"Uid:", "Gid:", "CapEff:"}) {
    std::string text(status);
    text.replace(text.find(name), 2, "xx");
    EXPECT_FALSE(parse_credentials(text)) << name;
  }
  EXPECT_FALSE(parse_credentials("Uid:\t1\t2\t3\nGid:\t1\t2\t3\t4\nCapEff:\t0\n")) << "three users";
}

TEST(Credentials, of_this_process_are_assumed_at_once) {
  const auto own = parse_credentials(read_status("/proc/self"));
  ASSERT_TRUE(own);
  EXPECT_TRUE(assume(*own));
}

TEST(StatusLine, is_found_by_its_whole_name) {
  EXPECT_EQ(status_line(status, "Tgid"), "\t40");
  EXPECT_EQ(status_line(status, "Name"), "\tcp");
  EXPECT_EQ(status_line(status, "gid"), "");
  EXPECT_EQ(status_line("", "Name"), "");
}

TEST(Caller, has_a_path_read_that_ends_where_its_memory_does) {
  const auto page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* pages = mmap(nullptr, 2 * page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  auto* end = static_cast<char*>(pages) + page_bytes;
  ASSERT_EQ(mprotect(end, page_bytes, PROT_NONE), 0);
  std::memcpy(end - 4, "a/b", 4);
  const Caller self(getpid());
  EXPECT_EQ(self.read_path(reinterpret_cast<std::uint64_t>(end - 4)), "a/b");
  end[-1] = 'c';
  EXPECT_EQ(self.read_path(reinterpret_cast<std::uint64_t>(end - 4)), std::nullopt)
      << "runs into memory that is not there";
  EXPECT_EQ(self.read_path(0), std::nullopt);
  munmap(pages, 2 * page_bytes);
}

TEST(Caller, has_no_path_that_is_longer_than_paths_are) {
  const Caller self(getpid());
  std::string path(5000, 'x');
  EXPECT_EQ(self.read_path(reinterpret_cast<std::uint64_t>(path.data())), std::nullopt);
  path.resize(4000);
  EXPECT_EQ(self.read_path(reinterpret_cast<std::uint64_t>(path.data())), path);
}

TEST(Caller, has_its_descriptors_duplicated) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const FileDescriptor reading(ends[0]);
  const FileDescriptor writing(ends[1]);
  const Caller self(getpid());
  const FileDescriptor same = self.descriptor(reading.get());
  ASSERT_TRUE(same);
  struct stat facts {
  }, wanted{};
  ASSERT_EQ(fstat(same.get(), &facts), 0);
  ASSERT_EQ(fstat(reading.get(), &wanted), 0);
  EXPECT_EQ(facts.st_ino, wanted.st_ino);
  EXPECT_FALSE(self.descriptor(-1));
  EXPECT_FALSE(self.descriptor(100000));
}

}  // namespace
}  // namespace zonecopy::supervise
