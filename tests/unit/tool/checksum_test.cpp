// The hash of a range: the same however it is read, another where a byte differs, and none where there is no range.
#include "tools/zonecopy/checksum.h"

#include <gtest/gtest.h>

#include "tests/unit/tool/memory_file.h"

namespace zonecopy::tools {
namespace {

using test::MemoryFile;

std::vector<std::byte> numbered(std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>((i * 2654435761U) >> 13U);
  return bytes;
}

std::uint64_t hash_of(MemoryFile& file, std::uint64_t offset, std::uint64_t length) {
  const Result<std::uint64_t> hash = RangeHasher().hash(file, offset, length);
  EXPECT_TRUE(hash) << (hash ? "" : hash.error().to_string());
  return hash ? *hash : 0;
}

// The values of xxhsum -H3.
TEST(RangeHasher, IsXxh3) {
  MemoryFile file("zone", std::vector<std::byte>{std::byte{'a'}, std::byte{'b'}, std::byte{'c'}});
  EXPECT_EQ(hash_of(file, 0, 3), 0x78af5f94892f3950U);
  EXPECT_EQ(hash_of(file, 3, 0), 0x2d06800538d394c2U);
}

TEST(RangeHasher, DoesNotDependOnHowItIsRead) {
  MemoryFile whole("whole", numbered(5U << 20));
  MemoryFile bits("bits", numbered(5U << 20));
  bits.read_max_bytes = 70000;
  EXPECT_EQ(hash_of(whole, 4096, 4U << 20), hash_of(bits, 4096, 4U << 20));
  EXPECT_GT(bits.reads, whole.reads);
}

TEST(RangeHasher, SeesOneByteInAnyBuffer) {
  for (const std::size_t position : {0U, 1048575U, 1048576U, 3000000U}) {
    MemoryFile one("one", numbered(3U << 20));
    MemoryFile other("other", numbered(3U << 20));
    other.bytes[position] ^= std::byte{1};
    EXPECT_NE(hash_of(one, 0, 3U << 20), hash_of(other, 0, 3U << 20)) << position;
  }
}

TEST(RangeHasher, AnEndTooEarlyIsAnErrorThatSaysWhere) {
  MemoryFile file("mnt/seq/3", numbered(8192));
  const Result<std::uint64_t> hash = RangeHasher().hash(file, 4096, 8192);
  ASSERT_FALSE(hash);
  EXPECT_EQ(
      hash.error().to_string(),
      "verify on mnt/seq/3: Input/output error: it ends at 8192, before the range of 8192 bytes from 4096 on does");
}

TEST(RangeHasher, GivesTheErrorOfARead) {
  MemoryFile file("zone", numbered(8192));
  file.read_error = Error(EIO, "read").at_lba(17);
  EXPECT_EQ(RangeHasher().hash(file, 0, 4096).error().lba(), 17U);
}

TEST(RangeHasher, CanBeStopped) {
  const std::atomic<bool> stop = true;
  MemoryFile file("zone", numbered(8192));
  EXPECT_EQ(RangeHasher(&stop).hash(file, 0, 4096).error().code(), EINTR);
  EXPECT_EQ(file.reads, 0U);
}

}  // namespace
}  // namespace zonecopy::tools
