// Looking into another process: its memory and descriptors, and taking on its credentials.
#include "tools/supervise/caller.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "tools/supervise/credentials.h"

namespace zonecopy::supervise {
namespace {

TEST(Credentials, of_this_process_are_assumed_at_once) {
  const auto own = zonefs::parse_credentials(zonefs::read_status("/proc/self"));
  ASSERT_TRUE(own);
  EXPECT_TRUE(assume(*own));
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
