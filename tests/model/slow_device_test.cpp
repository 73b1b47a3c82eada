// A device that hangs does not hold up the others of its mount. All that it is asked to do hangs until the test lets it
// go; meanwhile everything that concerns the fast device alone comes to its end.
#include <gtest/gtest.h>

#include "tests/model/concurrency_fixture.h"
#include "tests/support/core/mounted_devices.h"
#include "tests/support/loop/loop_test.h"
#include "zonecopy/buffer.h"

namespace zonecopy::test {

using zonefs::CopyPiece;
using zonefs::CopyRequest;
using zonefs::FileNumber;
using zonefs::FileSystem;
using zonefs::GatherRequest;
using zonefs::IoFlags;
using zonefs::OpenFile;

namespace {

constexpr std::size_t slow = 0;
constexpr std::size_t fast = 1;
constexpr FileNumber seq = 2;
/// More than a copy has under way at once, so that a few copies hold all buffers there are.
constexpr std::uint64_t copied_blocks = 60;

/// How many operations have been begun, and how many have ended.
struct Tally {
  std::uint64_t begun = 0;
  std::uint64_t ended = 0;
};

Task<void> read_file(FileSystem* fs, FileNumber file, Tally* tally) {
  ++tally->begun;
  auto opened = co_await fs->open(file, zonefs::OpenFor::reading);
  EXPECT_TRUE(opened.ok());
  std::unique_ptr<OpenFile> open_file = std::move(opened.value());
  const IoFlags flags;
  const auto read = co_await fs->read(*open_file, 0, 8ULL * block_bytes, flags);
  EXPECT_TRUE(read.ok());
  co_await fs->release(std::move(open_file));
  ++tally->ended;
}

/// A direct write to the end, through a file that is open.
Task<void> append_block(FileSystem* fs, OpenFile* open_file, Tally* tally) {
  ++tally->begun;
  const Buffer buffer(block_bytes);
  IoFlags flags;
  flags.direct = true;
  flags.append = true;
  const std::span<const std::byte> data = buffer.first(block_bytes);
  const auto written = co_await fs->write(open_file, open_file->file, 0, data, flags);
  EXPECT_TRUE(written.ok());
  ++tally->ended;
}

Task<void> copy_file(FileSystem* to, CopyRequest request, Tally* tally) {
  ++tally->begun;
  const auto copied = co_await to->copy_range(request, nullptr);
  EXPECT_TRUE(copied.ok());
  ++tally->ended;
}

Task<void> gather_file(FileSystem* to, GatherRequest request, Tally* tally) {
  ++tally->begun;
  const zonefs::GatherAnswer answer = co_await to->gather(std::move(request), nullptr);
  EXPECT_EQ(answer.code, 0);
  ++tally->ended;
}

Task<void> all_begin() {
  for (int turns = 0; turns < 50; ++turns) co_await Yield();
}

}  // namespace

class SlowDevice : public LoopTest {
 protected:
  static std::vector<SimSpec> two() {
    std::vector<SimSpec> specs(2);
    for (SimSpec& spec : specs) {
      spec.layout = "CCC" + std::string(100, 'S');
      spec.zone_size_blocks = 128;
      spec.zone_capacity_blocks = 128;
    }
    return specs;
  }
  SlowDevice() : watchdog_("the fast device waits for the slow one", 60), fs_(loop(), two()) {
    EXPECT_TRUE(fs_.mount());
    for (const std::size_t device : {slow, fast}) {
      EXPECT_EQ(fs_.write(device, seq, numbered_blocks(1, copied_blocks)), 0);
      EXPECT_EQ(fs_.write(device, 0, numbered_blocks(1, 8)), 0);
    }
    fs_.device(slow).hold();
  }
  [[nodiscard]] CopyRequest request(std::size_t from, FileNumber destination) const {
    CopyRequest request;
    request.source = seq;
    request.source_volume = &fs_.files(from).volume();
    request.destination = destination;
    request.destination_offset_bytes = 0;
    request.length_bytes = copied_blocks * block_bytes;
    return request;
  }
  [[nodiscard]] GatherRequest gathering(std::size_t from, OpenFile& through, bool background) const {
    GatherRequest request;
    request.pieces.push_back(CopyPiece{seq, 0, copied_blocks * block_bytes, &fs_.files(from).volume()});
    request.destination = through.file;
    request.background = background;
    request.through = &through;
    return request;
  }
  void begin(Task<void> task) {
    begun_.enter();
    loop().spawn(leave_after(std::move(task), &begun_));
  }
  static Task<void> leave_after(Task<void> work, Gate* gate) {
    co_await work;
    gate->leave();
  }
  static Task<bool> drained(Gate* gate) {
    Event& empty = gate->drained();
    co_await empty;
    co_return true;
  }
  /// What the fast device is asked to do alone: every kind of operation, more of each than there are buffers.
  void use_the_fast_device(FileNumber first_free) {
    Tally done;
    std::vector<Task<void>> tasks;
    std::unique_ptr<OpenFile> open_file = fs_.open_to_write(fast, first_free);
    std::unique_ptr<OpenFile> gathered = fs_.open_to_write(fast, first_free + 1);
    for (int i = 0; i < 100; ++i) {
      tasks.push_back(read_file(&fs_.files(fast), seq, &done));
      tasks.push_back(append_block(&fs_.files(fast), open_file.get(), &done));
    }
    for (FileNumber i = 2; i < 12; ++i) {
      tasks.push_back(copy_file(&fs_.files(fast), request(fast, first_free + i), &done));
    }
    tasks.push_back(gather_file(&fs_.files(fast), gathering(fast, *gathered, false), &done));
    tasks.push_back(gather_file(&fs_.files(fast), gathering(fast, *gathered, true), &done));
    run_all(loop(), std::move(tasks));
    EXPECT_EQ(done.ended, 212U);
    EXPECT_TRUE(run(fs_.files(fast).sync(first_free)).ok());
    fs_.release(fast, std::move(open_file));
    fs_.release(fast, std::move(gathered));
  }
  /// Lets all that hangs come to its end.
  void let_go() {
    EXPECT_EQ(hanging_.ended, 0U) << "it did not hang";
    fs_.device(slow).let_go();
    run(drained(&begun_));
    EXPECT_EQ(hanging_.ended, hanging_.begun);
  }

  Watchdog watchdog_;
  MountedDevices fs_;
  Gate begun_;
  Tally hanging_;
};

TEST_F(SlowDevice, reads_and_writes_that_hang_hold_up_nothing) {
  fs_.device(slow).let_go();
  std::unique_ptr<OpenFile> open_file = fs_.open_to_write(slow, seq + 1);
  fs_.device(slow).hold();
  for (int i = 0; i < 300; ++i) {
    begin(read_file(&fs_.files(slow), seq, &hanging_));
    begin(append_block(&fs_.files(slow), open_file.get(), &hanging_));
    if (i == 60) break;
  }
  for (int i = 0; i < 300; ++i) begin(read_file(&fs_.files(slow), 0, &hanging_));
  run_void(loop(), all_begin());
  use_the_fast_device(seq + 1);
  let_go();
  fs_.release(slow, std::move(open_file));
}

/// Copies from the slow device to the fast one hold buffers of the fast one, but not those of what else goes on there.
TEST_F(SlowDevice, copies_from_it_hold_up_nothing_else) {
  for (FileNumber i = 1; i < 40; ++i) begin(copy_file(&fs_.files(fast), request(slow, seq + i), &hanging_));
  run_void(loop(), all_begin());
  use_the_fast_device(seq + 40);
  let_go();
}

TEST_F(SlowDevice, copies_to_it_hold_up_nothing) {
  for (FileNumber i = 1; i < 40; ++i) begin(copy_file(&fs_.files(slow), request(fast, seq + i), &hanging_));
  run_void(loop(), all_begin());
  use_the_fast_device(seq + 1);
  let_go();
}

TEST_F(SlowDevice, gathers_from_it_hold_up_nothing_else) {
  std::vector<std::unique_ptr<OpenFile>> destinations;
  for (FileNumber i = 1; i < 30; ++i) {
    destinations.push_back(fs_.open_to_write(fast, seq + i));
    begin(gather_file(&fs_.files(fast), gathering(slow, *destinations.back(), i % 2 == 0), &hanging_));
  }
  run_void(loop(), all_begin());
  use_the_fast_device(seq + 40);
  let_go();
  for (auto& destination : destinations) fs_.release(fast, std::move(destination));
}

/// What is no whole block is read and written by the file system itself, with its own buffers.
TEST_F(SlowDevice, copies_of_no_whole_blocks_hold_up_nothing_else) {
  for (FileNumber i = 1; i < 40; ++i) {
    CopyRequest odd = request(slow, seq + i);
    odd.source_offset_bytes = 100;
    odd.length_bytes = 3 * block_bytes;
    begin(copy_file(&fs_.files(fast), odd, &hanging_));
  }
  run_void(loop(), all_begin());
  use_the_fast_device(seq + 40);
  let_go();
}

/// The same the other way round: what was read of the fast device waits for the slow one.
TEST_F(SlowDevice, copies_of_no_whole_blocks_to_it_hold_up_nothing) {
  for (FileNumber i = 1; i < 90; ++i) {
    CopyRequest odd = request(fast, seq + i);
    odd.source_offset_bytes = 100;
    odd.length_bytes = 3 * block_bytes;
    begin(copy_file(&fs_.files(slow), odd, &hanging_));
  }
  run_void(loop(), all_begin());
  use_the_fast_device(seq + 1);
  let_go();
}

}  // namespace zonecopy::test
