// Truncations that O_TRUNC asked for and that are carried out late.
#include <gtest/gtest.h>

#include "tests/support/core/mounted_file_system.h"
#include "tests/support/loop/loop_test.h"

namespace zonecopy::test {

using zonefs::CopyRequest;
using zonefs::FileNumber;
using zonefs::IoFlags;
using zonefs::OpenFile;
using OwnedFile = std::unique_ptr<OpenFile>;

class LateTruncate : public LoopTest {
 protected:
  LateTruncate() : fs_(loop()) {
    EXPECT_TRUE(fs_.mount());
    while (!fs_->file(source_).sequential) ++source_;
    file_ = source_ + 1;
    for (const FileNumber file : {source_, file_}) {
      OwnedFile writer = fs_.open_to_write(file);
      EXPECT_TRUE(fs_.write(*writer, 0, 2048, 1).ok());
      fs_.release(std::move(writer));
    }
    fs_->on_changed([this](zonefs::NodeId node) { told_ = node; });
  }
  ~LateTruncate() override { EXPECT_TRUE(fs_.unmount().ok()); }

  [[nodiscard]] std::uint64_t size(FileNumber file) const { return fs_->file(file).size_bytes; }
  [[nodiscard]] std::uint64_t resets() const { return fs_.device().count(Command::reset); }
  OwnedFile open_owing() {
    OwnedFile open_file = fs_.open_to_write(file_);
    EXPECT_TRUE(fs_->truncate_later(*open_file).ok());
    EXPECT_EQ(size(file_), 2048U) << "truncated at once";
    EXPECT_TRUE(fs_->truncation_owed(file_, open_file.get()));
    return open_file;
  }
  int copy_into(OpenFile* open_file) {
    CopyRequest request;
    request.source = source_;
    request.destination = file_;
    request.length_bytes = 1024;
    request.through = open_file;
    const Result<std::uint64_t> copied = loop().run(fs_->copy_range(request, nullptr));
    return copied ? 0 : copied.error().code();
  }

  MountedFileSystem fs_;
  FileNumber source_ = 0;
  FileNumber file_ = 0;
  zonefs::NodeId told_ = 0;
};

TEST_F(LateTruncate, the_first_write_truncates_and_no_later_one) {
  OwnedFile open_file = open_owing();
  ASSERT_TRUE(fs_.write(*open_file, 0, 512, 7).ok());
  EXPECT_EQ(size(file_), 512U);
  EXPECT_EQ(told_, MountedFileSystem::node_of(file_)) << "the kernel was not told";
  ASSERT_TRUE(fs_.write(*open_file, 512, 512, 7).ok());
  EXPECT_EQ(size(file_), 1024U);
  fs_.release(std::move(open_file));
  EXPECT_EQ(size(file_), 1024U) << "truncated once more by the close";
  EXPECT_EQ(resets(), 1U);
}

TEST_F(LateTruncate, the_first_copy_truncates) {
  OwnedFile open_file = open_owing();
  EXPECT_EQ(copy_into(open_file.get()), 0);
  EXPECT_EQ(size(file_), 1024U);
  fs_.release(std::move(open_file));
  EXPECT_EQ(size(file_), 1024U);
}

TEST_F(LateTruncate, a_close_truncates) {
  OwnedFile open_file = open_owing();
  fs_.release(std::move(open_file));
  EXPECT_EQ(size(file_), 0U);
  EXPECT_EQ(told_, MountedFileSystem::node_of(file_));
}

TEST_F(LateTruncate, a_truncate_settles_it) {
  OwnedFile open_file = open_owing();
  EXPECT_EQ(fs_.truncate(file_, 0, open_file.get(), 7), 0);
  ASSERT_TRUE(fs_.write(*open_file, 0, 512, 7).ok());
  fs_.release(std::move(open_file));
  EXPECT_EQ(size(file_), 512U);
  EXPECT_EQ(resets(), 1U);
}

TEST_F(LateTruncate, a_truncate_to_another_size_finds_the_file_empty) {
  OwnedFile open_file = open_owing();
  EXPECT_EQ(fs_.truncate(file_, fs_->file(file_).capacity_bytes, open_file.get(), 7), 0);
  EXPECT_EQ(resets(), 1U);
  fs_.release(std::move(open_file));
  EXPECT_EQ(size(file_), fs_->file(file_).capacity_bytes);
}

TEST_F(LateTruncate, a_file_is_empty_for_everybody_until_its_old_contents_are_to_stay) {
  OwnedFile open_file = open_owing();
  OwnedFile other = fs_.open_to_write(file_);
  EXPECT_EQ(loop().run(fs_->read(*open_file, 0, 512, IoFlags()))->data.size(), 0U);
  EXPECT_EQ(loop().run(fs_->read(*other, 0, 512, IoFlags()))->data.size(), 0U);
  EXPECT_EQ(fs_->attributes(MountedFileSystem::node_of(file_))->size_bytes, 0U);
  zonefs::CopyRequest copy;
  copy.source = file_;
  copy.destination = file_ + 1;
  copy.length_bytes = 512;
  EXPECT_EQ(*loop().run(fs_->copy_range(copy, nullptr)), 0U);
  fs_->keep_old(*open_file);
  EXPECT_EQ(loop().run(fs_->read(*other, 0, 512, IoFlags()))->data.size(), 512U);
  EXPECT_EQ(loop().run(fs_->read(*open_file, 0, 512, IoFlags()))->data.size(), 0U)
      << "it would truncate before it writes";
  EXPECT_EQ(fs_->attributes(MountedFileSystem::node_of(file_))->size_bytes, 2048U);
  fs_.release(std::move(other));
  fs_.release(std::move(open_file));
  EXPECT_EQ(size(file_), 2048U);
}

/// close(2) does not wait for the reset, and who looks at the file after it has to see it empty.
TEST_F(LateTruncate, a_file_is_empty_as_soon_as_the_close_has_come) {
  OwnedFile open_file = open_owing();
  const zonefs::NodeId node = MountedFileSystem::node_of(file_);
  EXPECT_EQ(fs_->attributes(node)->size_bytes, 0U);
  EXPECT_TRUE(fs_->attributes(node)->passing);
  Task<void> closed = fs_->release(std::move(open_file));
  std::uint64_t seen_bytes = 0;
  const auto look = [&]() -> Task<void> {
    seen_bytes = fs_->attributes(node)->size_bytes;
    co_return;
  };
  std::vector<Task<void>> tasks;
  tasks.push_back(std::move(closed));
  tasks.push_back(look());
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(seen_bytes, 0U);
  EXPECT_FALSE(fs_->attributes(node)->passing);
}

/// O_TRUNC came before it, so the write must not be lost to it.
TEST_F(LateTruncate, what_another_writes_comes_after_the_truncation) {
  OwnedFile open_file = open_owing();
  OwnedFile other = fs_.open_to_write(file_);
  ASSERT_TRUE(fs_.write(*other, 0, 512, 8).ok());
  fs_.release(std::move(open_file));
  EXPECT_EQ(size(file_), 512U);
  fs_.release(std::move(other));
}

TEST_F(LateTruncate, the_old_contents_are_kept_by_a_close) {
  OwnedFile open_file = open_owing();
  fs_->keep_old(*open_file);
  OwnedFile other = fs_.open_to_write(file_);
  ASSERT_TRUE(fs_.write(*other, 2048, 512, 8).ok());
  fs_.release(std::move(other));
  fs_.release(std::move(open_file));
  EXPECT_EQ(size(file_), 2560U);
  EXPECT_EQ(resets(), 0U);
}

TEST_F(LateTruncate, what_is_kept_is_still_truncated_by_an_own_write) {
  OwnedFile open_file = open_owing();
  fs_->keep_old(*open_file);
  ASSERT_TRUE(fs_.write(*open_file, 0, 512, 7).ok());
  fs_.release(std::move(open_file));
  EXPECT_EQ(size(file_), 512U);
}

TEST_F(LateTruncate, a_reset_that_fails_is_the_error_of_the_write_and_stays_owed) {
  OwnedFile open_file = open_owing();
  Fault fault;
  fault.command = Command::reset;
  fs_.device().inject(fault);
  EXPECT_FALSE(fs_.write(*open_file, 0, 512, 7).ok());
  EXPECT_EQ(size(file_), 2048U);
  ASSERT_TRUE(fs_.write(*open_file, 0, 512, 7).ok());
  EXPECT_EQ(size(file_), 512U);
  fs_.release(std::move(open_file));
}

TEST_F(LateTruncate, who_only_reads_owes_nothing) {
  auto opened = loop().run(fs_->open(file_, zonefs::OpenFor::reading));
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(fs_->truncate_later(**opened).error().code(), EBADF);
  fs_.release(std::move(*opened));
  EXPECT_EQ(size(file_), 2048U);
}

}  // namespace zonecopy::test
