// Copies between the devices of one mount in all directions at once, cancelled ones, gathers in the background and late
// truncations: every one of them ends, and what is in the files is what was acknowledged.
#include <gtest/gtest.h>

#include <map>

#include "tests/model/concurrency_fixture.h"
#include "tests/support/core/mounted_devices.h"
#include "tests/support/loop/loop_test.h"

namespace zonecopy::test {

using zonefs::CopyPiece;
using zonefs::CopyRequest;
using zonefs::FileNumber;
using zonefs::FileSystem;
using zonefs::GatherRequest;
using zonefs::OpenFile;

namespace {

constexpr FileNumber files_used = 3;
constexpr FileNumber first_sequential = 2;
/// Only copied from: what is owed there is carried out by nobody.
constexpr FileNumber owing_file = first_sequential + files_used;

FileNumber some_file(Random& random) { return static_cast<FileNumber>(first_sequential + random.below(files_used)); }

/// A source: now and then the one that may be about to be truncated.
FileNumber some_source(Random& random) { return random.percent(25) ? owing_file : some_file(random); }

Task<void> pause(std::uint64_t turns) {
  for (; turns > 0; --turns) co_await Yield();
}

Task<void> cancel_later(CancelToken* token, std::uint64_t turns) {
  co_await pause(turns);
  token->request();
}

/// What an operation may end with: all of it, a part, or a refusal that another operation has caused.
void expect_end(int code) {
  EXPECT_TRUE(code == 0 || code == EINTR || code == EINVAL || code == EFBIG) << "errno " << code;
}

/// Bytes that were copied, by destination device and file.
using Copied = std::map<std::pair<std::size_t, FileNumber>, std::uint64_t>;

/// Copies to the end of random files, from random ones of any device, some of which are cancelled.
Task<void> copy_across(MountedDevices* fs, std::uint64_t seed, Copied* copied) {
  Random random(seed);
  for (int round = 0; round < 6; ++round) {
    const std::size_t to = random.below(fs->count());
    CopyRequest request;
    request.source_volume = &fs->files(random.below(fs->count())).volume();
    request.source = some_source(random);
    request.source_offset_bytes = random.below(4) * block_bytes;
    request.destination = some_file(random);
    request.length_bytes = random.between(1, 6) * block_bytes;
    request.destination_offset_bytes = fs->files(to).file(request.destination).size_bytes;
    CancelToken token;
    if (random.percent(30)) token.request();
    const auto result = co_await fs->files(to).copy_range(request, &token);
    expect_end(result.ok() ? 0 : result.error().code());
    if (result.ok()) (*copied)[{to, request.destination}] += *result;
    co_await pause(random.below(5));
  }
}

/// Gathers from all devices to one file of one, in the background or not; some are cancelled on their way.
Task<void> gather_across(MountedDevices* fs, EventLoop* loop, std::uint64_t seed, Copied* copied) {
  Random random(seed);
  const std::size_t to = random.below(fs->count());
  const FileNumber destination = some_file(random);
  auto opened = co_await fs->files(to).open(destination, zonefs::OpenFor::writing);
  EXPECT_TRUE(opened.ok());
  std::unique_ptr<OpenFile> through = std::move(opened.value());
  for (int round = 0; round < 4; ++round) {
    GatherRequest request;
    for (std::uint64_t left = random.between(1, 4); left > 0; --left) {
      FileSystem& from = fs->files(random.below(fs->count()));
      request.pieces.push_back(CopyPiece{some_source(random), 0, random.below(4) * block_bytes, &from.volume()});
    }
    request.destination = destination;
    request.background = random.percent(50);
    request.through = through.get();
    const auto token = std::make_shared<CancelToken>();
    if (random.percent(40)) loop->spawn(cancel_later(token.get(), random.below(20)));
    const zonefs::GatherAnswer answer = co_await fs->files(to).gather(std::move(request), token.get());
    expect_end(answer.code);
    (*copied)[{to, destination}] += answer.done.bytes;
    co_await pause(25);  // whoever cancels has the token no more
  }
  co_await fs->files(to).release(std::move(through));
}

/// Opens a file with O_TRUNC, leaves it for a while, and thinks better of it: nothing is truncated, but until then the
/// file is empty for whoever copies from it.
Task<void> owe_a_truncation(MountedDevices* fs, std::uint64_t seed) {
  Random random(seed);
  FileSystem& files = fs->files(random.below(fs->count()));
  const FileNumber file = owing_file;
  auto opened = co_await files.open(file, zonefs::OpenFor::writing);
  EXPECT_TRUE(opened.ok());
  std::unique_ptr<OpenFile> open_file = std::move(opened.value());
  (void)files.truncate_later(*open_file);
  co_await pause(random.between(1, 10));
  files.keep_old(*open_file);
  co_await files.release(std::move(open_file));
}

}  // namespace

class SeveralConcurrency : public LoopTest {
 protected:
  static std::vector<SimSpec> devices(std::uint64_t seed, std::size_t count) {
    std::vector<SimSpec> specs;
    for (std::size_t i = 0; i < count; ++i) {
      SimSpec spec = slow_device(seed * 8 + i, (seed + i) % 2 == 0);
      spec.copies_across_devices = seed % 3 != 0;
      if (i % 2 == 1) spec.zone_size_blocks = 128;
      specs.push_back(std::move(spec));
    }
    return specs;
  }
};

TEST_F(SeveralConcurrency, everything_ends_and_nothing_is_lost) {
  for (const std::uint64_t seed : seeds(1, 24)) {
    SCOPED_TRACE("ZONECOPY_SEED=" + std::to_string(seed));
    const Watchdog watchdog("copies between devices, seed " + std::to_string(seed), 60);
    const std::size_t count = 2 + seed % 2;
    MountedDevices fs(loop(), devices(seed, count));
    ASSERT_TRUE(fs.mount());
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < count; ++i) {
      for (FileNumber file = first_sequential; file < first_sequential + files_used; ++file) {
        ASSERT_EQ(fs.write(i, file, numbered_blocks(1000 * (10 * i + file), 5)), 0);
        before += 5ULL * block_bytes;
      }
      ASSERT_EQ(fs.write(i, owing_file, numbered_blocks(1000 * (10 * i + owing_file), 5)), 0);
    }
    Copied copied;
    std::vector<Task<void>> tasks;
    for (std::uint64_t number = 0; number < 8; ++number) {
      tasks.push_back(copy_across(&fs, seed * 100 + number, &copied));
      if (number % 2 == 0) tasks.push_back(gather_across(&fs, &loop(), seed * 100 + 50 + number, &copied));
      if (number % 4 == 0) tasks.push_back(owe_a_truncation(&fs, seed * 100 + 70 + number));
    }
    run_all(loop(), std::move(tasks));
    std::uint64_t total = 0;
    std::uint64_t after = 0;
    std::uint64_t counted = 0;
    std::uint64_t by_pair = 0;
    for (const auto& [place, bytes] : copied) total += bytes;
    for (std::size_t i = 0; i < count; ++i) {
      const zonefs::Counters counters = fs.files(i).counters();
      counted += counters.bytes_offloaded + counters.bytes_kernel + counters.bytes_emulated;
      for (const zonefs::BytesFrom& pair : fs.files(i).bytes_from()) {
        by_pair += pair.offloaded + pair.kernel + pair.emulated;
      }
      EXPECT_EQ(counters.open_sequential_files, 0U);
      EXPECT_FALSE(fs.files(i).read_only());
      EXPECT_EQ(fs.files(i).file(owing_file).size_bytes, 5ULL * block_bytes) << "truncated for a copy from it";
      for (FileNumber file = first_sequential; file < first_sequential + files_used; ++file) {
        const zonefs::ZoneFile& zone_file = fs.files(i).file(file);
        const ZoneIndex zone = fs.device(i).info().zone_of(zone_file.start_lba);
        after += zone_file.size_bytes;
        EXPECT_EQ(zone_file.size_bytes, fs.device(i).written_blocks(zone) * block_bytes);
        const std::uint64_t added_bytes = copied[std::make_pair(i, file)];
        EXPECT_EQ(zone_file.size_bytes, 5ULL * block_bytes + added_bytes) << "sim" << i << " file " << file;
        for (const std::uint64_t number :
             numbers_in(fs.device(i).bytes(zone_file.start_lba, zone_file.size_bytes / block_bytes))) {
          EXPECT_TRUE(number % 1000 < 5 && number >= 1000) << "a block that nobody has written: " << number;
        }
      }
    }
    EXPECT_EQ(after - before, total);
    EXPECT_EQ(counted, total);
    EXPECT_EQ(by_pair, total);
    EXPECT_GT(total, 0U);
    if (HasFailure()) return;
  }
}

}  // namespace zonecopy::test
