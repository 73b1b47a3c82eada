// The two orders of a zone: which operations wait for which, and how a wait is left. The device holds commands back until the
// test lets them go, so that "it did not wait" is a fact and no matter of time.
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "tests/model/concurrency_fixture.h"
#include "tests/support/core/format_device.h"
#include "tests/support/device/borrowed_device.h"

namespace zonecopy::test {

using zonefs::AttributeChange;
using zonefs::CopyRequest;
using zonefs::FileNumber;
using zonefs::FileSystem;
using zonefs::IoFlags;
using zonefs::OpenFile;
using zonefs::OpenFor;

namespace {

constexpr FileNumber zone_file = 2;  // the first sequential one
constexpr FileNumber other_file = 3;

/// Writes and reads wait at its door while that is shut; then writes may be told to fail.
class DoorDevice final : public BorrowedDevice {
 public:
  explicit DoorDevice(ZonedDevice& device) : BorrowedDevice(device) {
    writes.set();
    reads.set();
  }

  Task<Status> write(Lba lba, std::span<const std::byte> data) override {
    ++waiting_writes;
    co_await writes;
    if (fail_next_write) {
      fail_next_write = false;
      co_return Error(EIO, "write");
    }
    const std::span<const std::byte> part = no_space_after_one_block ? data.first(block_bytes) : data;
    const Status done = co_await BorrowedDevice::write(lba, part);
    if (done && no_space_after_one_block) co_return Error(ENOSPC, "write");
    co_return done;
  }
  Task<Status> write_zeroes(Lba lba, std::uint64_t blocks) override {
    ++waiting_writes;
    co_await writes;
    const Status done = co_await BorrowedDevice::write_zeroes(lba, blocks);
    co_return done;
  }
  Task<Status> read(Lba lba, std::span<std::byte> data) override {
    ++waiting_reads;
    co_await reads;
    const Status done = co_await BorrowedDevice::read(lba, data);
    co_return done;
  }

  Task<Status> manage_zone(ZoneIndex zone, ZoneAction action) override {
    if (action == fail_next) {
      fail_next.reset();
      co_return Error(EIO, "zone management");
    }
    const Status done = co_await BorrowedDevice::manage_zone(zone, action);
    co_return done;
  }
  Task<Status> flush() override {
    if (fail_flushes) co_return Error(EIO, "flush");
    const Status done = co_await BorrowedDevice::flush();
    co_return done;
  }

  Event writes;
  Event reads;
  std::optional<ZoneAction> fail_next;
  bool fail_flushes = false;
  bool no_space_after_one_block = false;
  int waiting_writes = 0;
  int waiting_reads = 0;
  bool fail_next_write = false;
};

/// What an operation came to: 0 and more is success, a negative number an errno; absent while it is under way.
using Answer = std::optional<std::int64_t>;

template <typename T>
std::int64_t answer_of(const Result<T>& result) {
  return result.ok() ? 0 : -result.error().code();
}

Task<void> write_block(FileSystem* fs, OpenFile* file, std::uint64_t block, const CancelToken* cancel, Answer* answer) {
  const std::vector<std::byte> data = numbered_blocks(block, 1);
  const std::span<const std::byte> payload = data;
  IoFlags flags;
  flags.direct = true;
  flags.cancel = cancel;
  const auto written = co_await fs->write(file, file->file, block * block_bytes, payload, flags);
  *answer = answer_of(written);
}

Task<void> read_block(FileSystem* fs, OpenFile* file, std::uint64_t block, const CancelToken* cancel, Answer* answer) {
  IoFlags flags;
  flags.cancel = cancel;
  const auto read = co_await fs->read(*file, block * block_bytes, block_bytes, flags);
  *answer = answer_of(read);
  if (!read.ok() || read->data.empty()) co_return;
  EXPECT_EQ(numbers_in(read->data), Piece{block});
}

Task<void> truncate(FileSystem* fs, FileNumber file, const CancelToken* cancel, Answer* answer) {
  AttributeChange change;
  change.size_bytes = 0;
  const auto changed = co_await fs->set_attributes(MountedFileSystem::node_of(file), change, nullptr, 0, cancel);
  *answer = answer_of(changed);
}

Task<void> change_mode(FileSystem* fs, FileNumber file, Answer* answer) {
  AttributeChange change;
  change.permissions = 0600;
  const auto changed = co_await fs->set_attributes(MountedFileSystem::node_of(file), change, nullptr, 0);
  *answer = answer_of(changed);
}

Task<void> sync(FileSystem* fs, OpenFile* file, Answer* answer) {
  const Status synced = co_await fs->sync(file->file, file);
  *answer = answer_of(synced);
}

Task<void> copy_block(FileSystem* fs, FileNumber source, FileNumber destination, const CancelToken* cancel,
                      Answer* answer) {
  CopyRequest request;
  request.source = source;
  request.destination = destination;
  request.destination_offset_bytes = fs->file(destination).size_bytes;
  request.length_bytes = block_bytes;
  const auto copied = co_await fs->copy_range(request, cancel);
  *answer = answer_of(copied);
}

Task<void> open_and_close(FileSystem* fs, FileNumber file, OpenFor use, Answer* answer) {
  auto opened = co_await fs->open(file, use);
  *answer = answer_of(opened);
  if (!opened.ok()) co_return;
  std::unique_ptr<OpenFile> open_file = std::move(*opened);
  co_await fs->release(std::move(open_file));
}

class Orders : public LoopTest {
 protected:
  Orders() {
    format_device(sim_, zonefs::SuperBlock());
    EXPECT_TRUE(mounted_.mount().ok());
    fs_ = &*mounted_;
    file_ = std::move(*run(fs_->open(zone_file, OpenFor::writing)));
    other_ = std::move(*run(fs_->open(other_file, OpenFor::writing)));
    for (std::uint64_t block = 0; block < 4; ++block) {
      for (OpenFile* const file : {file_.get(), other_.get()}) {
        Answer written;
        run_void(loop(), write_block(fs_, file, block, nullptr, &written));
        EXPECT_EQ(written, 0);
      }
    }
  }
  ~Orders() override {
    door_.writes.set();
    door_.reads.set();
    run_void(loop(), fs_->release(std::move(file_)));
    run_void(loop(), fs_->release(std::move(other_)));
  }

  /// Starts an operation and lets it go as far as it comes.
  void start(Task<void> task) {
    loop().spawn(std::move(task));
    settle();
  }
  /// Long enough for everything that does not wait at the door: the device's delays are turns of the loop.
  void settle() { run_void(loop(), many_turns()); }
  static Task<void> many_turns() {
    for (int turn = 0; turn < 400; ++turn) co_await Yield();
  }

  SimDevice sim_{slow_device(1, false)};
  DoorDevice door_{sim_};
  MountedFileSystem mounted_{loop(), door_};
  FileSystem* fs_ = nullptr;
  std::unique_ptr<OpenFile> file_;
  std::unique_ptr<OpenFile> other_;
};

TEST_F(Orders, beside_a_write_only_what_changes_the_zone_waits) {
  door_.writes.reset();
  Answer first;
  Answer second;
  Answer truncated;
  Answer read;
  Answer opened;
  Answer opened_for_writing;
  Answer mode;
  Answer synced;
  Answer copied;
  start(write_block(fs_, file_.get(), 4, nullptr, &first));
  start(write_block(fs_, file_.get(), 5, nullptr, &second));
  EXPECT_EQ(door_.waiting_writes, 9) << "the second write comes after the first";
  start(read_block(fs_, file_.get(), 2, nullptr, &read));
  EXPECT_EQ(read, 0);
  start(open_and_close(fs_, zone_file, OpenFor::reading, &opened));
  EXPECT_EQ(opened, 0);
  start(open_and_close(fs_, zone_file, OpenFor::writing, &opened_for_writing));
  EXPECT_EQ(opened_for_writing, 0);
  start(change_mode(fs_, zone_file, &mode));
  EXPECT_EQ(mode, 0);
  start(sync(fs_, file_.get(), &synced));
  EXPECT_EQ(synced, 0);
  start(copy_block(fs_, zone_file, other_file, nullptr, &copied));
  EXPECT_EQ(door_.waiting_writes, 10) << "its blocks are read, and their write is at the door";
  start(truncate(fs_, zone_file, nullptr, &truncated));
  EXPECT_EQ(truncated, std::nullopt);
  Answer late_read;
  start(read_block(fs_, file_.get(), 2, nullptr, &late_read));
  start(open_and_close(fs_, zone_file, OpenFor::reading, &opened));
  EXPECT_EQ(late_read, std::nullopt) << "a read that comes after a reset";
  door_.writes.set();
  settle();
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 0);
  EXPECT_EQ(copied, 0);
  EXPECT_EQ(truncated, 0);
  EXPECT_EQ(late_read, 0);
  EXPECT_EQ(fs_->file(zone_file).size_bytes, 0U);
}

TEST_F(Orders, a_reset_waits_for_reads_and_a_wait_can_be_left) {
  door_.reads.reset();
  Answer reading;
  Answer truncated;
  Answer behind;
  CancelToken cancel;
  start(read_block(fs_, file_.get(), 1, nullptr, &reading));
  start(truncate(fs_, zone_file, &cancel, &truncated));
  start(write_block(fs_, file_.get(), 4, nullptr, &behind));
  EXPECT_EQ(truncated, std::nullopt);
  EXPECT_EQ(behind, std::nullopt) << "first come, first served";
  cancel.request();
  settle();
  EXPECT_EQ(truncated, -EINTR);
  EXPECT_EQ(behind, 0) << "nothing stands before it any more";
  EXPECT_EQ(fs_->file(zone_file).size_bytes, 5 * block_bytes) << "and nothing was reset";
  door_.reads.set();
  settle();
  EXPECT_EQ(reading, 0);
}

TEST_F(Orders, every_wait_for_a_file_can_be_left) {
  door_.reads.reset();
  Answer reading;
  Answer truncated;
  start(read_block(fs_, file_.get(), 1, nullptr, &reading));
  start(truncate(fs_, zone_file, nullptr, &truncated));
  const int reads = door_.waiting_reads;
  const int writes = door_.waiting_writes;
  for (const int what : {0, 1, 2, 3}) {
    CancelToken cancel;
    Answer answer;
    if (what == 0) start(read_block(fs_, file_.get(), 1, &cancel, &answer));
    if (what == 1) start(write_block(fs_, file_.get(), 4, &cancel, &answer));
    if (what == 2) start(copy_block(fs_, zone_file, other_file, &cancel, &answer));
    if (what == 3) start(copy_block(fs_, other_file, zone_file, &cancel, &answer));
    EXPECT_EQ(answer, std::nullopt) << what;
    cancel.request();
    settle();
    EXPECT_EQ(answer, -EINTR) << what;
  }
  EXPECT_EQ(door_.waiting_reads, reads) << "none of them has come to the device";
  EXPECT_EQ(door_.waiting_writes, writes);
  door_.reads.set();
  settle();
  EXPECT_EQ(truncated, 0);
}

TEST_F(Orders, recovery_waits_for_reads_and_comes_before_the_next_write) {
  door_.reads.reset();
  door_.fail_next_write = true;
  Answer reading;
  Answer failed;
  Answer next;
  start(read_block(fs_, file_.get(), 1, nullptr, &reading));
  start(write_block(fs_, file_.get(), 4, nullptr, &failed));
  start(write_block(fs_, file_.get(), 4, nullptr, &next));
  EXPECT_EQ(failed, std::nullopt) << "the file is corrected when nobody reads it";
  EXPECT_FALSE(fs_->read_only_by_error());
  door_.reads.set();
  settle();
  EXPECT_EQ(reading, 0);
  EXPECT_EQ(failed, -EIO);
  EXPECT_EQ(next, -EROFS) << "errors=remount-ro holds for the next write already";
}

TEST_F(Orders, a_copy_that_fails_both_ways_does_not_wait_for_itself) {
  const Watchdog watchdog("two copies that failed wait for each other", 60);
  door_.writes.reset();
  Answer there;
  Answer back;
  start(copy_block(fs_, zone_file, other_file, nullptr, &there));
  start(copy_block(fs_, other_file, zone_file, nullptr, &back));
  Fault fault;
  fault.command = Command::write;
  fault.times = 2;
  sim_.inject(fault);
  door_.writes.set();
  settle();
  EXPECT_EQ(there, -EIO);
  EXPECT_EQ(back, -EIO);
}

Task<void> write_two_blocks_durably(FileSystem* fs, OpenFile* file, Answer* answer) {
  const std::vector<std::byte> data = numbered_blocks(4, 2);
  const std::span<const std::byte> payload = data;
  IoFlags flags;
  flags.direct = true;
  flags.sync = true;
  const auto written = co_await fs->write(file, file->file, 4 * block_bytes, payload, flags);
  *answer = answer_of(written);
}

// The file is taken for the first error already when the second comes.
TEST_F(Orders, a_write_that_lands_in_part_and_cannot_be_made_durable) {
  door_.no_space_after_one_block = true;
  door_.fail_flushes = true;
  Answer written;
  start(write_two_blocks_durably(fs_, file_.get(), &written));
  EXPECT_EQ(written, -EIO);
  EXPECT_EQ(fs_->file(zone_file).size_bytes, 5 * block_bytes);
  door_.no_space_after_one_block = false;
  door_.fail_flushes = false;
}

// Under explicit-open an open waits until others have given their zones back, but not for what follows a failed close.
TEST_F(Orders, an_open_does_not_wait_for_who_reads_a_file_whose_close_has_failed) {
  zonefs::MountOptions options;
  options.explicit_open = true;
  ASSERT_TRUE(fs_->remount(options).ok());
  constexpr FileNumber closing_file = 4;
  std::unique_ptr<OpenFile> closing = std::move(*run(fs_->open(closing_file, OpenFor::writing)));
  Answer written;
  start(write_block(fs_, closing.get(), 0, nullptr, &written));
  ASSERT_EQ(written, 0);
  door_.reads.reset();
  Answer reading;
  OpenFile reader;
  reader.file = closing_file;
  start(read_block(fs_, &reader, 0, nullptr, &reading));
  door_.fail_next = ZoneAction::close;
  start(fs_->release(std::move(closing)));
  EXPECT_FALSE(door_.fail_next) << "the close has failed, and waits for the reader";
  Answer opened;
  start(open_and_close(fs_, 5, OpenFor::writing, &opened));
  EXPECT_EQ(opened, 0);
  door_.reads.set();
  settle();
  EXPECT_EQ(reading, 0);
}

}  // namespace
}  // namespace zonecopy::test
