// Gathers over a simulated device: what arrives, by how many Copy commands, and what an answer says when something fails.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/core/mounted_file_system.h"
#include "tests/support/loop/loop_test.h"
#include "tests/support/random.h"
#include "tests/support/seed.h"
#include "zonecopy/buffer.h"
#include "zonecopy/copy_plan.h"

namespace zonecopy::test {

using zonefs::CopyPiece;
using zonefs::FileNumber;
using zonefs::GatherAnswer;
using zonefs::GatherRequest;
using zonefs::MountOptions;
using zonefs::OpenFile;

namespace {

constexpr FileNumber first_sequential = 2;
constexpr FileNumber destination = 6;  // the last one
constexpr std::uint64_t block = 512;
constexpr std::uint64_t zone_blocks = 24;

SimSpec spec_with(const CopyLimits& limits) {
  SimSpec spec;
  spec.copy_limits = limits;
  return spec;
}

}  // namespace

/// One device; all sequential files but the destination are full of noise, and so are the conventional ones.
class Gathers : public LoopTest {
 protected:
  void prepare(const SimSpec& spec, CopyMode mode) {
    fs_ = std::make_unique<MountedFileSystem>(loop(), spec);
    for (ZoneIndex zone = 1; zone < destination + 1; ++zone) {
      const std::uint64_t blocks = zone < first_sequential + 1 ? spec.zone_size_blocks : zone_blocks;
      fs_->device().preload(fs_->device().info().zone_start(zone), noise(blocks));
    }
    options_.copy.mode = mode;
    ASSERT_TRUE(fs_->mount(options_).ok());
    open_ = fs_->open_to_write(destination);
    ASSERT_NE(open_, nullptr);
  }
  void TearDown() override { end(); }
  void end() {
    if (open_) fs_->release(std::move(open_));
    if (fs_) {
      EXPECT_TRUE(fs_->unmount().ok());
    }
    fs_.reset();
  }

  std::vector<std::byte> noise(std::uint64_t blocks) {
    std::vector<std::byte> bytes(blocks * block);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random_.next());
    return bytes;
  }
  [[nodiscard]] std::vector<std::byte> bytes_of(const CopyPiece& piece) const {
    const Lba lba = fs_->device().info().zone_start(piece.source + 1) + piece.offset_bytes / block;
    return fs_->device().bytes(lba, piece.length_bytes / block);
  }
  [[nodiscard]] std::vector<std::byte> bytes_of(const std::vector<CopyPiece>& pieces) const {
    std::vector<std::byte> all;
    for (const CopyPiece& piece : pieces) {
      const std::vector<std::byte> bytes = bytes_of(piece);
      all.insert(all.end(), bytes.begin(), bytes.end());
    }
    return all;
  }
  [[nodiscard]] std::uint64_t size() const { return (*fs_)->file(destination).size_bytes; }

  GatherAnswer gather(std::vector<CopyPiece> pieces) {
    GatherRequest request;
    request.pieces = std::move(pieces);
    request.destination = destination;
    request.through = open_.get();
    return run((*fs_)->gather(std::move(request), nullptr));
  }
  Task<void> gather_in_background(GatherRequest request, bool* done) {
    const GatherAnswer answer = co_await (*fs_)->gather(std::move(request), nullptr);
    EXPECT_EQ(answer.code, 0);
    *done = true;
  }
  Task<void> read_until(OpenFile& reader, const bool* done, std::uint64_t* reads) {
    while (!*done) {
      const Result<zonefs::ReadResult> read = co_await (*fs_)->read(reader, 0, block, zonefs::IoFlags());
      EXPECT_TRUE(read.ok());
      ++*reads;
    }
  }
  Task<void> write_at(OpenFile& writer, std::uint64_t offset_bytes, std::span<const std::byte> data) {
    const Result<std::uint64_t> written =
        co_await (*fs_)->write(&writer, writer.file, offset_bytes, data, zonefs::IoFlags());
    EXPECT_EQ(written ? *written : 0, data.size());
  }
  std::vector<CopyPiece> draw_pieces() {
    std::vector<CopyPiece> pieces(random_.between(1, 12));
    for (CopyPiece& piece : pieces) {
      const std::uint64_t begin = random_.below(zone_blocks);
      piece.source = static_cast<FileNumber>(random_.below(destination));
      piece.offset_bytes = begin * block;
      piece.length_bytes = random_.below(std::min<std::uint64_t>(4, zone_blocks - begin) + 1) * block;
    }
    return pieces;
  }
  [[nodiscard]] std::size_t commands_for(const std::vector<CopyPiece>& pieces, const CopyLimits& limits) const {
    std::vector<Extent> extents;
    const DeviceInfo& info = fs_->device().info();
    for (const CopyPiece& piece : pieces) {
      extents.push_back(
          Extent{info.zone_start(piece.source + 1) + piece.offset_bytes / block, piece.length_bytes / block});
    }
    return plan_copy(extents, Destination{info.zone_start(destination + 1), total_blocks(extents)}, limits,
                     SourceGeometry{info.zone_size_blocks})
        .size();
  }

  Random random_{test_seed()};
  MountOptions options_;
  std::unique_ptr<MountedFileSystem> fs_;
  std::unique_ptr<OpenFile> open_;
};

TEST_F(Gathers, bring_all_ranges_in_order_by_the_fewest_commands) {
  for (int round = 0; round < 100; ++round) {
    const CopyLimits limits{static_cast<std::uint32_t>(random_.between(1, 5)),
                            static_cast<std::uint32_t>(random_.between(1, 6)),
                            static_cast<std::uint32_t>(random_.between(1, 12))};
    const bool emulate = random_.percent(30);
    SimSpec spec = spec_with(limits);
    spec.seed = random_.next();
    prepare(spec, emulate ? CopyMode::emulate : CopyMode::automatic);
    std::vector<CopyPiece> pieces = draw_pieces();
    while (zonefs::total_bytes(pieces) > zone_blocks * block) pieces.pop_back();
    const std::vector<std::byte> wanted = bytes_of(pieces);

    const GatherAnswer answer = gather(pieces);
    EXPECT_EQ(answer.code, 0);
    EXPECT_EQ(answer.failed, pieces.size());
    EXPECT_EQ(size(), wanted.size());
    EXPECT_EQ(bytes_of(CopyPiece{destination, 0, wanted.size()}), wanted);
    EXPECT_EQ(answer.done.commands, emulate ? 0U : commands_for(pieces, limits));
    EXPECT_EQ(answer.done.bytes_offloaded, emulate ? 0U : wanted.size());
    EXPECT_EQ(answer.done.bytes_emulated, emulate ? wanted.size() : 0U);
    EXPECT_EQ(fs_->device().count(Command::copy), answer.done.commands);
    if (!emulate) {
      EXPECT_EQ(fs_->device().count(Command::write), 0U) << "no data passes through the host";
    }
    end();
    if (HasFailure()) break;
  }
}

TEST_F(Gathers, name_the_range_that_cannot_be_read_and_copy_those_in_front_of_it) {
  prepare(SimSpec(), CopyMode::emulate);  // whose reads fetch several pieces together
  const std::vector<CopyPiece> pieces{{2, 0, block}, {2, 2 * block, block}, {3, 0, block}, {4, 0, block}};
  Fault fault;
  fault.command = Command::read;
  fault.zone = 4;  // of file 3
  fault.times = 2;
  fs_->device().inject(fault);
  const GatherAnswer answer = gather(pieces);
  EXPECT_EQ(answer.code, EIO);
  EXPECT_EQ(answer.failed, 2U);
  EXPECT_EQ(answer.copied_bytes, (std::vector<std::uint64_t>{block, block, 0, 0}));
  EXPECT_EQ(answer.done.bytes, 2 * block);
  EXPECT_EQ(size(), 2 * block);
  EXPECT_EQ(bytes_of(CopyPiece{destination, 0, 2 * block}), bytes_of({pieces[0], pieces[1]}));
}

TEST_F(Gathers, tell_what_has_landed_when_the_destination_fails) {
  for (const CopyMode mode : {CopyMode::automatic, CopyMode::emulate}) {
    prepare(spec_with(CopyLimits{2, 4, 4}), mode);
    Fault fault;
    fault.command = mode == CopyMode::emulate ? Command::write : Command::copy;
    fault.skip = mode == CopyMode::emulate ? 0 : 1;
    fs_->device().inject(fault);
    const GatherAnswer answer = gather({{2, 0, 2 * block}, {3, 0, 2 * block}, {4, 0, block}});
    EXPECT_EQ(answer.code, EIO);
    EXPECT_EQ(answer.done.bytes, mode == CopyMode::emulate ? 0U : 4 * block);
    EXPECT_EQ(answer.failed, mode == CopyMode::emulate ? 0U : 2U);
    EXPECT_EQ(size(), answer.done.bytes);
    end();
  }
}

TEST_F(Gathers, stop_in_front_of_a_range_that_does_not_fit) {
  prepare(spec_with(CopyLimits{4, 8, 16}), CopyMode::automatic);
  const std::vector<CopyPiece> pieces{{2, 0, 20 * block}, {3, 0, 5 * block}, {4, 0, block}};
  const GatherAnswer answer = gather(pieces);
  EXPECT_EQ(answer.code, EFBIG);
  EXPECT_EQ(answer.failed, 1U);
  EXPECT_EQ(answer.copied_bytes, (std::vector<std::uint64_t>{20 * block, 0, 0}));
  EXPECT_EQ(gather({pieces[1]}).code, EFBIG);
  EXPECT_EQ(gather({pieces[2], pieces[2], pieces[2], pieces[2]}).code, 0) << "smaller ones still do";
  EXPECT_EQ(size(), zone_blocks * block);
}

TEST_F(Gathers, that_a_signal_ends_before_they_begin_do_nothing) {
  prepare(spec_with(CopyLimits{4, 8, 16}), CopyMode::automatic);
  CancelToken cancel;
  cancel.request();
  GatherRequest request;
  request.pieces = {{2, 0, block}};
  request.destination = destination;
  request.through = open_.get();
  const GatherAnswer answer = run((*fs_)->gather(std::move(request), &cancel));
  EXPECT_EQ(answer.code, EINTR);
  EXPECT_EQ(answer.done.bytes, 0U);
  EXPECT_EQ(size(), 0U);
}

TEST_F(Gathers, of_files_whose_truncation_is_owed_find_them_empty) {
  prepare(spec_with(CopyLimits{4, 8, 16}), CopyMode::automatic);
  std::unique_ptr<OpenFile> other = fs_->open_to_write(2);
  ASSERT_TRUE((*fs_)->truncate_later(*other).ok());
  const GatherAnswer refused = gather({{3, 0, block}, {2, 0, block}});
  EXPECT_EQ(refused.code, EINVAL);
  EXPECT_EQ(refused.failed, 1U);
  EXPECT_EQ(size(), 0U);
  // The destination itself: a request that is refused leaves its old contents, others truncate it first.
  ASSERT_EQ(gather({{3, 0, 3 * block}}).code, 0);
  ASSERT_TRUE((*fs_)->truncate_later(*open_).ok());
  EXPECT_EQ(gather({{4, 0, block}, {4, zone_blocks * block, block}}).code, EINVAL);
  (*fs_)->keep_old(*open_);
  fs_->release(std::move(open_));
  EXPECT_EQ(size(), 3 * block) << "the old contents";
  open_ = fs_->open_to_write(destination);
  ASSERT_EQ(fs_->truncate(destination, 0, open_.get(), 1), 0);
  ASSERT_EQ(gather({{3, 0, block}}).code, 0);
  ASSERT_TRUE((*fs_)->truncate_later(*open_).ok());
  EXPECT_EQ(gather({{4, 0, 2 * block}}).offset_bytes, 0U);
  EXPECT_EQ(size(), 2 * block);
  fs_->release(std::move(other));
}

TEST_F(Gathers, in_the_background_let_others_go_first_but_not_those_that_wait_for_them) {
  const Watchdog watchdog("a gather in the background and a write behind it", 60);
  prepare(spec_with(CopyLimits{1, 1, 1}), CopyMode::automatic);
  std::uint64_t reads_when_done = 0;
  GatherRequest request;
  request.pieces = {{2, 0, 12 * block}};
  request.destination = destination;
  request.through = open_.get();
  request.background = true;
  std::unique_ptr<OpenFile> reader = fs_->open_to_write(3);
  const Buffer buffer(block);
  std::vector<Task<void>> tasks;
  bool done = false;
  tasks.push_back(gather_in_background(std::move(request), &done));
  tasks.push_back(read_until(*reader, &done, &reads_when_done));
  tasks.push_back(write_at(*open_, 12 * block, buffer.first(block)));
  run_all(loop(), std::move(tasks));
  EXPECT_GT(reads_when_done, 100U) << "every command has waited for reads";
  EXPECT_EQ(size(), 13 * block) << "the write behind the gather has come in its turn";
  fs_->release(std::move(reader));
}

}  // namespace zonecopy::test
