// Registered memory: which operations may use it, and that data goes where it should.
#include "src/uring/registered_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "tests/support/loop/loop_test.h"
#include "zonecopy/file_descriptor.h"

namespace zonecopy {
namespace {

constexpr std::size_t piece_bytes = 16384;

class RegisteredMemoryTest : public test::LoopTest {
 protected:
  void SetUp() override {
    LoopTest::SetUp();
    loop().memory().add(first_.span());
    if (!loop().buffer_index(first_.span())) GTEST_SKIP() << "this process may not lock memory";
    loop().memory().add(second_.span());
  }
  void TearDown() override {
    loop().memory().remove(first_.span());
    loop().memory().remove(second_.span());
  }

  Buffer first_{piece_bytes};
  Buffer second_{piece_bytes};
};

TEST_F(RegisteredMemoryTest, ItIsNamedByWhereAllOfTheDataLies) {
  const auto index = loop().buffer_index(first_.span());
  ASSERT_TRUE(index);
  EXPECT_NE(loop().buffer_index(second_.span()), index);
  const std::span<std::byte> memory = first_.span();
  EXPECT_EQ(loop().buffer_index(memory.subspan(512, 1024)), index);
  EXPECT_EQ(loop().buffer_index(memory.last(1)), index);
  EXPECT_EQ(loop().buffer_index(memory.first(0)), index);
  EXPECT_FALSE(loop().buffer_index(std::span(memory.data() + 1, piece_bytes))) << "its last byte lies behind";
  EXPECT_FALSE(loop().buffer_index(std::span(memory.data() - 1, 2))) << "its first byte lies in front";
  const Buffer other(piece_bytes);
  EXPECT_FALSE(loop().buffer_index(other.span()));
}

TEST_F(RegisteredMemoryTest, WhatWasRemovedIsNotUsed) {
  loop().memory().remove(first_.span());
  EXPECT_FALSE(loop().buffer_index(first_.span()));
  EXPECT_TRUE(loop().buffer_index(second_.span()));
  loop().memory().remove(first_.span());  // once is enough, twice does no harm
  loop().memory().add(first_.span());
  EXPECT_TRUE(loop().buffer_index(first_.span()));
}

TEST_F(RegisteredMemoryTest, MoreThanThereIsRoomForIsUsedUnregistered) {
  std::vector<Buffer> many;
  std::size_t registered = 0;
  for (int i = 0; i < 400; ++i) {
    many.emplace_back(4096);
    loop().memory().add(many.back().span());
    registered += loop().buffer_index(many.back().span()) ? 1 : 0;
  }
  EXPECT_GT(registered, 200U);
  EXPECT_LT(registered, 400U);
  for (const Buffer& buffer : many) loop().memory().remove(buffer.span());
  loop().memory().add(many.back().span());
  EXPECT_TRUE(loop().buffer_index(many.back().span())) << "indexes are used again";
  loop().memory().remove(many.back().span());
}

Task<std::int32_t> write_then_read(EventLoop& loop, int fd, std::span<std::byte> data, std::span<std::byte> room) {
  const std::int32_t written = co_await loop.write(fd, data, 0);
  if (written != static_cast<std::int32_t>(data.size())) co_return written;
  const std::int32_t read = co_await loop.read(fd, room, 0);
  co_return read;
}

TEST_F(RegisteredMemoryTest, DataGoesWhereItShould) {
  const FileDescriptor file(memfd_create("registered", MFD_CLOEXEC));
  const std::span<std::byte> data = first_.span().subspan(4096, 5000);
  const std::span<std::byte> room = second_.span().subspan(100, 5000);
  std::memset(first_.data(), 0x11, piece_bytes);
  std::memset(data.data(), 0x22, data.size());
  std::memset(second_.data(), 0x33, piece_bytes);
  EXPECT_EQ(run(write_then_read(loop(), file.get(), data, room)), 5000);
  EXPECT_EQ(std::memcmp(room.data(), data.data(), room.size()), 0);
  EXPECT_EQ(second_.data()[99], std::byte{0x33});
  EXPECT_EQ(second_.data()[5100], std::byte{0x33});
}

// A stale registration would still mean the pages that were there before.
TEST_F(RegisteredMemoryTest, NewPagesAtAnOldAddressAreTheNewPages) {
  const FileDescriptor file(memfd_create("registered", MFD_CLOEXEC));
  constexpr int protection = PROT_READ | PROT_WRITE;
  void* const place = mmap(nullptr, piece_bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(place, MAP_FAILED);
  const std::span<std::byte> memory(static_cast<std::byte*>(place), piece_bytes);
  loop().memory().add(memory);
  loop().memory().remove(memory);
  ASSERT_EQ(mmap(place, piece_bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), place);
  loop().memory().add(memory);
  std::memset(first_.data(), 0x44, piece_bytes);
  EXPECT_EQ(run(write_then_read(loop(), file.get(), first_.span(), memory)), static_cast<std::int32_t>(piece_bytes));
  EXPECT_EQ(std::memcmp(memory.data(), first_.data(), piece_bytes), 0);
  loop().memory().remove(memory);
  munmap(place, piece_bytes);
}

Task<bool> borrow_once(EventLoop& loop, BufferPool& pool, std::span<std::byte>* where) {
  const BufferPool::Loan loan = co_await pool.acquire();
  *where = loan.first(loan.size());
  co_return loop.buffer_index(*where).has_value();
}

TEST_F(RegisteredMemoryTest, BuffersOfAPoolAreRegisteredAsLongAsItIsThere) {
  std::span<std::byte> where;
  {
    BufferPool pool(piece_bytes, 2, &loop().memory());
    EXPECT_TRUE(run(borrow_once(loop(), pool, &where)));
    EXPECT_TRUE(run(borrow_once(loop(), pool, &where))) << "one that was lent before";
  }
  EXPECT_FALSE(loop().buffer_index(where));
}

}  // namespace
}  // namespace zonecopy
