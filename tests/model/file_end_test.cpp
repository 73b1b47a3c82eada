// What becomes of an end that fills no block when the device, or an error, is in its way.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/core/mounted_file_system.h"
#include "tests/support/loop/loop_test.h"
#include "zonecopy/buffer.h"

namespace zonecopy::test {

using zonefs::IoFlags;
using zonefs::MountOptions;
using zonefs::OpenFile;
using zonefs::TailPolicy;

class FileEnds : public LoopTest {
 protected:
  static constexpr zonefs::FileNumber file = 4;  // sequential, as the one behind it
  using OwnedFile = std::unique_ptr<OpenFile>;

  void mount(TailPolicy tail) {
    MountOptions options;
    options.tail = tail;
    ASSERT_TRUE(fs_.mount(options).ok());
  }
  Result<std::uint64_t> write(OpenFile& open_file, std::uint64_t offset_bytes, std::size_t length_bytes) {
    const Buffer buffer(length_bytes);
    std::memset(buffer.data(), 'x', length_bytes);
    const std::span<const std::byte> data = buffer.first(length_bytes);
    return loop().run(fs_->write(&open_file, open_file.file, offset_bytes, data, IoFlags()));
  }
  [[nodiscard]] std::uint64_t size(zonefs::FileNumber number) {
    return fs_->attributes(MountedFileSystem::node_of(number))->size_bytes;
  }
  void fail_writes(int code) {
    Fault fault;
    fault.command = Command::write;
    fault.code = code;
    fs_.device().inject(fault);
  }
  [[nodiscard]] std::uint64_t writes() { return fs_.device().count(Command::write); }

  MountedFileSystem fs_{loop()};
};

TEST_F(FileEnds, that_cannot_be_written_any_more_are_told_and_dropped) {
  for (const TailPolicy tail : {TailPolicy::refuse, TailPolicy::pad}) {
    mount(tail);
    OwnedFile with_end = fs_.open_to_write(file);
    OwnedFile other = fs_.open_to_write(file + 1);
    ASSERT_EQ(*write(*with_end, size(file), 100), 100U);
    EXPECT_EQ(fs_->at_close(*with_end).ok(), tail == TailPolicy::pad);
    fail_writes(EIO);
    ASSERT_FALSE(write(*other, size(file + 1), 512).ok());
    ASSERT_TRUE(fs_->read_only());
    const std::uint64_t before = writes();
    EXPECT_EQ(fs_->at_close(*with_end).error().code(), EIO);
    EXPECT_TRUE(fs_->at_close(*other).ok());
    EXPECT_EQ(loop().run(fs_->sync(file)).error().code(), EIO);
    fs_.release(std::move(with_end));
    fs_.release(std::move(other));
    EXPECT_EQ(writes(), before) << "a mount that is read-only writes nothing";
    EXPECT_EQ(size(file), 0U);
    EXPECT_EQ(fs_->tails().refused, 1U);
    EXPECT_TRUE(fs_.log().contains("the last 100 bytes are not written, as the file or the mount is read-only"));
    EXPECT_TRUE(fs_.unmount().ok());
  }
}

TEST_F(FileEnds, that_the_device_does_not_take_are_told_with_its_reason) {
  mount(TailPolicy::pad);
  OwnedFile open_file = fs_.open_to_write(file);
  ASSERT_EQ(*write(*open_file, 0, 600), 600U);
  fail_writes(ENOSPC);
  EXPECT_EQ(loop().run(fs_->sync(file)).error().code(), ENOSPC);
  EXPECT_EQ(size(file), 600U) << "it is kept, as there may be room later";
  EXPECT_TRUE(loop().run(fs_->sync(file)).ok());
  EXPECT_EQ(size(file), 1024U);
  ASSERT_EQ(*write(*open_file, 1024, 7), 7U);
  fail_writes(ENOSPC);
  fs_.release(std::move(open_file));
  EXPECT_EQ(size(file), 1024U);
  EXPECT_EQ(fs_->tails().refused, 1U);
  EXPECT_TRUE(fs_.log().contains("the last 7 bytes are not written, as the device does not take them"));
  EXPECT_FALSE(fs_.log().contains("fill no block"));
  EXPECT_FALSE(fs_->read_only());
  EXPECT_TRUE(fs_.unmount().ok());
}

TEST_F(FileEnds, that_a_failed_write_was_to_continue_are_kept) {
  mount(TailPolicy::refuse);
  OwnedFile open_file = fs_.open_to_write(file);
  ASSERT_EQ(*write(*open_file, 0, 600), 600U);
  fail_writes(ENOSPC);
  EXPECT_EQ(write(*open_file, 600, 1000).error().code(), ENOSPC);
  EXPECT_EQ(size(file), 600U);
  EXPECT_EQ(*write(*open_file, 600, 936), 936U) << "the same again";
  EXPECT_EQ(size(file), 1536U);
  fs_.release(std::move(open_file));
  EXPECT_EQ(fs_->tails().refused, 0U);
  EXPECT_TRUE(fs_.unmount().ok());
}

}  // namespace zonecopy::test
