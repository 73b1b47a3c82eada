// Several operations of the file system in flight at once: no deadlock, nothing lost, nothing twice.
#include <gtest/gtest.h>

#include <map>

#include "tests/model/concurrency_fixture.h"

namespace zonecopy::test {

using zonefs::CopyRequest;
using zonefs::FileNumber;
using zonefs::FileSystem;
using zonefs::IoFlags;
using zonefs::OpenFile;

namespace {

Task<void> pause(std::uint64_t turns) {
  for (; turns > 0; --turns) co_await Yield();
}

Task<void> close_file(FileSystem* fs, std::unique_ptr<OpenFile> open_file) {
  Task<void> releasing = fs->release(std::move(open_file));
  co_await releasing;
}

/// Appends pieces until the file is full or there are enough.
Task<void> append_pieces(FileSystem* fs, FileNumber file, std::uint64_t first_number, std::uint64_t seed,
                         Ledger* ledger) {
  Random random(seed);
  auto opened = co_await fs->open(file, zonefs::OpenFor::writing);
  EXPECT_TRUE(opened.ok());
  if (!opened.ok()) co_return;
  std::unique_ptr<OpenFile> open_file = std::move(opened.value());
  IoFlags flags;
  flags.direct = true;
  flags.append = true;
  for (int piece = 0; piece < 6; ++piece) {
    const std::uint64_t blocks = random.between(1, 5);
    const std::vector<std::byte> data = numbered_blocks(first_number, blocks);
    const std::span<const std::byte> payload = data;
    auto written = co_await fs->write(open_file.get(), file, 0, payload, flags);
    if (written.ok()) {
      EXPECT_EQ(*written % block_bytes, 0U);
      ledger->push_back(numbers_in(payload.first(*written)));
    } else {
      EXPECT_EQ(written.error().code(), EFBIG);
    }
    first_number += blocks;
    co_await pause(random.below(4));
  }
  co_await close_file(fs, std::move(open_file));
}

/// Copies parts of `source`, no part twice, to wherever `destination` ends at the moment.
Task<void> copy_pieces(FileSystem* fs, FileNumber source, std::uint64_t first_block, FileNumber destination,
                       std::uint64_t first_number, std::uint64_t seed, Ledger* ledger) {
  Random random(seed);
  for (int piece = 0; piece < 12; ++piece) {
    const std::uint64_t blocks = random.between(1, 4);
    CopyRequest request;
    request.source = source;
    request.source_offset_bytes = first_block * block_bytes;
    request.destination = destination;
    request.destination_offset_bytes = fs->file(destination).size_bytes;
    request.length_bytes = blocks * block_bytes;
    auto copied = co_await fs->copy_range(request, nullptr);
    if (copied.ok()) {
      EXPECT_EQ(*copied % block_bytes, 0U);
      const std::vector<std::byte> same = numbered_blocks(first_number + first_block, *copied / block_bytes);
      ledger->push_back(numbers_in(same));
      first_block += *copied / block_bytes;
    } else {
      // Somebody else was faster (EINVAL), or the file is full.
      const int code = copied.error().code();
      EXPECT_TRUE(code == EINVAL || code == EFBIG) << copied.error().to_string();
    }
    co_await pause(random.below(6));
  }
}

/// Copies the whole of one file to the end of another, again and again.
Task<void> copy_over(FileSystem* fs, FileNumber source, FileNumber destination, std::uint64_t* copied_bytes) {
  for (int round = 0; round < 15; ++round) {
    CopyRequest request;
    request.source = source;
    request.destination = destination;
    request.destination_offset_bytes = fs->file(destination).size_bytes;
    request.length_bytes = 3ULL * block_bytes;
    auto copied = co_await fs->copy_range(request, nullptr);
    if (copied.ok()) *copied_bytes += *copied;
  }
}

Task<void> open_and_close(FileSystem* fs, FileNumber file, std::uint64_t seed) {
  Random random(seed);
  for (int round = 0; round < 10; ++round) {
    auto opened = co_await fs->open(file, zonefs::OpenFor::writing);
    if (opened.ok()) {
      std::unique_ptr<OpenFile> open_file = std::move(opened.value());
      co_await pause(random.below(8));
      co_await close_file(fs, std::move(open_file));
    } else {
      EXPECT_EQ(opened.error().code(), EBUSY);
    }
  }
}

Task<void> read_all_the_time(FileSystem* fs, FileNumber file) {
  auto opened = co_await fs->open(file, zonefs::OpenFor::reading);
  EXPECT_TRUE(opened.ok());
  if (!opened.ok()) co_return;
  std::unique_ptr<OpenFile> open_file = std::move(opened.value());
  const IoFlags flags;
  std::uint64_t last_bytes = 0;
  for (int round = 0; round < 30; ++round) {
    auto result = co_await fs->read(*open_file, 0, 60ULL * block_bytes, flags);
    EXPECT_TRUE(result.ok());
    if (result.ok()) {
      EXPECT_GE(result->data.size(), last_bytes) << "an append-only file has become shorter";
      last_bytes = result->data.size();
      for (const std::uint64_t number : numbers_in(result->data)) EXPECT_NE(number, 0U) << "read before it was written";
    }
    co_await pause(3);
  }
  co_await close_file(fs, std::move(open_file));
}

/// A read that fails, of a zone that others read too.
Task<void> read_in_vain(FileSystem* fs, FileNumber file, int* refused) {
  auto opened = co_await fs->open(file, zonefs::OpenFor::reading);
  if (!opened.ok()) co_return;
  std::unique_ptr<OpenFile> open_file = std::move(opened.value());
  const IoFlags flags;
  auto result = co_await fs->read(*open_file, 0, 4ULL * block_bytes, flags);
  if (!result.ok()) ++*refused;
  co_await close_file(fs, std::move(open_file));
}

Task<void> unmount_meanwhile(FileSystem* fs, bool* unmounted) {
  co_await pause(20);
  const Status status = co_await fs->unmount();
  EXPECT_TRUE(status.ok());
  *unmounted = true;
}

}  // namespace

class Concurrency : public LoopTest {};

TEST_F(Concurrency, appends_and_copies_to_one_zone_are_serialised) {
  for (const std::uint64_t seed : seeds(1, 30)) {
    SCOPED_TRACE("ZONECOPY_SEED=" + std::to_string(seed));
    const Watchdog watchdog("appends and copies, seed " + std::to_string(seed), 60);
    MountedFileSystem mounted(loop(), slow_device(seed, seed % 2 == 0));
    ASSERT_TRUE(mounted.mount());
    constexpr std::uint64_t source_numbers = 1'000'000;
    // File 0 is conventional: its blocks are the numbered source of all copies.
    mounted.device().preload(mounted->file(0).start_lba, numbered_blocks(source_numbers, 64));
    std::map<FileNumber, Ledger> ledgers;
    std::vector<Task<void>> tasks;
    for (std::uint64_t number = 0; number < 9; ++number) {
      const auto file = static_cast<FileNumber>(2 + number % 2);
      tasks.push_back(append_pieces(&*mounted, file, 1000 * (number + 1), seed * 100 + number, &ledgers[file]));
    }
    tasks.push_back(copy_pieces(&*mounted, 0, 0, 2, source_numbers, seed, &ledgers[2]));
    tasks.push_back(copy_pieces(&*mounted, 0, 32, 3, source_numbers, seed + 1, &ledgers[3]));
    tasks.push_back(read_all_the_time(&*mounted, 2));
    run_all(loop(), std::move(tasks));
    for (const auto& [file, ledger] : ledgers) expect_concatenation(mounted, file, ledger);
    EXPECT_EQ(mounted->counters().open_sequential_files, 0U);
    EXPECT_LE(mounted.device().peak_copies_of_a_zone(), 1U);
    EXPECT_GT(mounted.device().peak(Command::write) + mounted.device().peak(Command::append), 1U)
        << "files are not written in parallel";
    if (HasFailure()) return;
  }
}

TEST_F(Concurrency, copies_in_both_directions_do_not_deadlock) {
  for (const std::uint64_t seed : seeds(1, 20)) {
    SCOPED_TRACE("ZONECOPY_SEED=" + std::to_string(seed));
    const Watchdog watchdog("copies in both directions, seed " + std::to_string(seed), 60);
    MountedFileSystem mounted(loop(), slow_device(seed, seed % 2 == 0));
    ASSERT_TRUE(mounted.mount());
    std::vector<Task<void>> first;
    std::map<FileNumber, Ledger> ledgers;
    for (const FileNumber file : {2U, 3U, 4U}) {
      first.push_back(append_pieces(&*mounted, file, 1000 * file, seed, &ledgers[file]));
    }
    run_all(loop(), std::move(first));
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    std::uint64_t copied = 0;
    for (const FileNumber file : {2U, 3U, 4U}) before += mounted->file(file).size_bytes;
    std::vector<Task<void>> tasks;
    for (const FileNumber source : {2U, 3U, 4U}) {
      for (const FileNumber destination : {2U, 3U, 4U}) {
        tasks.push_back(copy_over(&*mounted, source, destination, &copied));
      }
    }
    run_all(loop(), std::move(tasks));
    for (const FileNumber file : {2U, 3U, 4U}) {
      const zonefs::ZoneFile& zone_file = mounted->file(file);
      after += zone_file.size_bytes;
      const ZoneIndex zone = mounted.device().info().zone_of(zone_file.start_lba);
      EXPECT_EQ(zone_file.size_bytes, mounted.device().written_blocks(zone) * block_bytes);
    }
    EXPECT_EQ(after - before, copied);
    EXPECT_GT(copied, 0U);
    const zonefs::Counters counters = mounted->counters();
    EXPECT_EQ(counters.bytes_offloaded + counters.bytes_kernel + counters.bytes_emulated, copied);
  }
}

TEST_F(Concurrency, opens_and_closes_keep_the_accounts) {
  for (const std::uint64_t seed : seeds(1, 20)) {
    SCOPED_TRACE("ZONECOPY_SEED=" + std::to_string(seed));
    const Watchdog watchdog("opens and closes, seed " + std::to_string(seed), 60);
    SimSpec spec = slow_device(seed, false);
    spec.resource_limits.max_open_zones = 3;
    zonefs::MountOptions options;
    options.explicit_open = true;
    MountedFileSystem mounted(loop(), spec);
    ASSERT_TRUE(mounted.mount(options));
    std::vector<Task<void>> tasks;
    for (std::uint64_t number = 0; number < 12; ++number) {
      tasks.push_back(open_and_close(&*mounted, static_cast<FileNumber>(2 + number % 6), seed * 100 + number));
    }
    run_all(loop(), std::move(tasks));
    EXPECT_EQ(mounted->counters().open_sequential_files, 0U);
    EXPECT_EQ(mounted->counters().active_sequential_files, 0U);
    for (ZoneIndex zone = 3; zone < 9; ++zone) {
      // An empty zone is reset rather than closed, so that it gives its resources back.
      EXPECT_EQ(mounted.device().zones()[zone].zone.condition, ZoneCondition::empty) << "zone " << zone;
    }
    if (HasFailure()) return;
  }
}

TEST_F(Concurrency, unmount_waits_for_what_is_under_way) {
  for (const std::uint64_t seed : seeds(1, 10)) {
    SCOPED_TRACE("ZONECOPY_SEED=" + std::to_string(seed));
    const Watchdog watchdog("unmount, seed " + std::to_string(seed), 60);
    MountedFileSystem mounted(loop(), slow_device(seed, true));
    ASSERT_TRUE(mounted.mount());
    const std::vector<std::byte> data = numbered_blocks(1, 40);
    mounted.device().preload(mounted->file(0).start_lba, data);
    CopyRequest request;
    request.source = 0;
    request.destination = 2;
    request.length_bytes = data.size();
    bool copy_done = false;
    bool unmounted = false;
    struct Copying {
      static Task<void> run(FileSystem* fs, CopyRequest asked, bool* done, const bool* gone) {
        auto copied = co_await fs->copy_range(asked, nullptr);
        EXPECT_TRUE(copied.ok());
        EXPECT_FALSE(*gone) << "unmounted under a request";
        *done = true;
      }
    };
    std::vector<Task<void>> tasks;
    tasks.push_back(Copying::run(&*mounted, request, &copy_done, &unmounted));
    tasks.push_back(unmount_meanwhile(&*mounted, &unmounted));
    run_all(loop(), std::move(tasks));
    EXPECT_TRUE(copy_done);
    EXPECT_EQ(mounted.device().in_flight(), 0U);
    mounted.forget();
  }
}

// Each that failed waits for the file, and those that have the file for memory.
TEST_F(Concurrency, more_reads_fail_at_once_than_there_is_memory_for) {
  const Watchdog watchdog("reads that failed wait for ever", 30);
  MountedFileSystem mounted(loop(), slow_device(5, false));
  ASSERT_TRUE(mounted.mount());
  const FileNumber file = 3;
  Ledger ledger;
  run_void(loop(), append_pieces(&*mounted, file, 1, 5, &ledger));
  Fault fault;
  fault.command = Command::read;
  fault.times = 1000;
  mounted.device().inject(fault);
  int refused = 0;
  std::vector<Task<void>> tasks;
  for (int reader = 0; reader < 200; ++reader) tasks.push_back(read_in_vain(&*mounted, file, &refused));
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(refused, 200);
}

}  // namespace zonecopy::test
