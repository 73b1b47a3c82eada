// Mounting while the i-th command fails, and what a file system does once, in an order that random operations seldom
// meet.
#include <gtest/gtest.h>

#include "tests/support/core/mounted_file_system.h"
#include "tests/support/loop/loop_test.h"

namespace zonecopy::test {

using zonefs::MountOptions;
using zonefs::OpenFile;

class FileSystemOnce : public LoopTest {
 protected:
  static void finish(MountedFileSystem& fs, std::unique_ptr<OpenFile> open_file) {
    fs.release(std::move(open_file));
    EXPECT_TRUE(fs.unmount().ok());
  }
};

TEST_F(FileSystemOnce, mount_fails_cleanly_at_every_command) {
  const Watchdog watchdog("mount", 60);
  for (std::uint64_t i = 0;; ++i) {
    SCOPED_TRACE("command " + std::to_string(i) + " fails");
    ASSERT_LT(i, 1000U);
    MountedFileSystem fs(loop());
    SimDevice& device = fs.device();
    // 1.2: zones that are open at mount are closed, or reset where they are empty.
    ASSERT_EQ(device.zones().open(4), 0);
    ASSERT_EQ(device.zones().open(5), 0);
    const std::vector<std::byte> block(512);
    device.preload(device.info().zone_start(5), block);
    Fault fault;
    fault.skip = i;
    device.inject(fault);
    const Status mounted = fs.mount();
    EXPECT_EQ(device.in_flight(), 0U);
    EXPECT_EQ(mounted.ok(), !device.fault_fired());
    device.clear_faults();
    if (!mounted.ok()) {
      EXPECT_EQ(mounted.error().code(), EIO);
      continue;
    }
    EXPECT_EQ(device.zones()[4].zone.condition, ZoneCondition::empty);
    EXPECT_EQ(device.zones()[5].zone.condition, ZoneCondition::closed);
    EXPECT_EQ(device.count(Command::reset), 1U);
    EXPECT_EQ(device.count(Command::close), 1U);
    EXPECT_TRUE(fs.unmount().ok());
    return;
  }
}

/// 8.1: after a short write to an empty file the kernel "puts the size back", which must not reset the zone. Once.
TEST_F(FileSystemOnce, compensating_truncate_does_not_reset) {
  MountedFileSystem fs(loop());
  SimDevice& device = fs.device();
  ASSERT_TRUE(fs.mount());
  std::unique_ptr<OpenFile> open_file = fs.open_to_write(2);
  const std::uint64_t capacity = fs->file(2).capacity_bytes;
  const auto written = fs.write(*open_file, 0, capacity + 512, 77);
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(*written, capacity);
  EXPECT_EQ(fs.truncate(2, 0, open_file.get(), 77), EPERM);
  EXPECT_EQ(fs->file(2).size_bytes, capacity);
  EXPECT_EQ(device.count(Command::reset), 0U);
  EXPECT_EQ(fs.truncate(2, 0, open_file.get(), 77), 0) << "refused more than once";
  EXPECT_EQ(fs->file(2).size_bytes, 0U);
  finish(fs, std::move(open_file));
}

/// A reset or finish that fails half-way has done what it has done, and the file tells so.
TEST_F(FileSystemOnce, a_file_follows_its_zone_after_a_truncate_that_failed) {
  for (const bool takes_effect : {false, true}) {
    for (const Command command : {Command::reset, Command::finish}) {
      MountedFileSystem fs(loop());
      SimDevice& device = fs.device();
      ASSERT_TRUE(fs.mount());
      std::unique_ptr<OpenFile> open_file = fs.open_to_write(2);
      ASSERT_TRUE(fs.write(*open_file, 0, 1024, 77).ok());
      const std::uint64_t wanted = command == Command::reset ? 0 : fs->file(2).capacity_bytes;
      Fault fault;
      fault.command = command;
      fault.takes_effect = takes_effect;
      device.inject(fault);
      EXPECT_EQ(fs.truncate(2, wanted, nullptr, 78), EIO);
      EXPECT_EQ(fs->file(2).size_bytes, takes_effect ? wanted : 1024);
      EXPECT_FALSE(fs->read_only());
      EXPECT_EQ(fs.truncate(2, wanted, nullptr, 78), 0);
      EXPECT_EQ(fs->file(2).size_bytes, wanted);
      finish(fs, std::move(open_file));
    }
  }
}

TEST_F(FileSystemOnce, truncate_by_somebody_else_resets) {
  MountedFileSystem fs(loop());
  ASSERT_TRUE(fs.mount());
  std::unique_ptr<OpenFile> open_file = fs.open_to_write(2);
  ASSERT_TRUE(fs.write(*open_file, 0, fs->file(2).capacity_bytes + 512, 77).ok());
  EXPECT_EQ(fs.truncate(2, 0, nullptr, 78), 0);
  EXPECT_EQ(fs->file(2).size_bytes, 0U);
  finish(fs, std::move(open_file));
}

/// 3: a zone that an error finds full is no longer open: the last close sends nothing, and the mount stays writable.
TEST_F(FileSystemOnce, a_file_that_an_error_finds_full_needs_no_close) {
  SimSpec spec;
  spec.resource_limits.max_open_zones = 2;
  MountedFileSystem fs(loop(), spec);
  SimDevice& device = fs.device();
  MountOptions options;
  options.explicit_open = true;
  options.errors = zonefs::ErrorsPolicy::repair;
  ASSERT_TRUE(fs.mount(options));
  std::unique_ptr<OpenFile> open_file = fs.open_to_write(2);
  Fault fault;
  fault.command = Command::write;
  fault.foreign_blocks = 24;
  device.inject(fault);
  EXPECT_FALSE(fs.write(*open_file, 0, 512, 77).ok());
  EXPECT_EQ(fs->file(2).size_bytes, fs->file(2).capacity_bytes);
  EXPECT_EQ(fs->counters().active_sequential_files, 0U);
  fs.release(std::move(open_file));
  EXPECT_EQ(device.count(Command::close), 0U);
  EXPECT_EQ(fs->counters().open_sequential_files, 0U);
  EXPECT_FALSE(fs->read_only());
  EXPECT_TRUE(fs.unmount().ok());
}

/// Want of space or of resources refuses the write and does nothing else, whatever errors= says; but under strict, as with
/// zonefs, it is an error like any other.
TEST_F(FileSystemOnce, a_temporary_refusal_is_no_media_error) {
  using zonefs::ErrorsPolicy;
  constexpr ErrorsPolicy policies[] = {ErrorsPolicy::remount_ro, ErrorsPolicy::zone_ro, ErrorsPolicy::zone_offline,
                                       ErrorsPolicy::repair};
  for (const int code : {ENOSPC, EDQUOT, ETOOMANYREFS, EOVERFLOW, ENOMEM, EFBIG, EIO}) {
    for (const ErrorsPolicy policy : policies) {
      for (const bool strict : {false, true}) {
        SCOPED_TRACE(std::to_string(code) + ", " + std::string(to_string(policy)) + (strict ? ", strict" : ""));
        MountedFileSystem fs(loop());
        SimDevice& device = fs.device();
        MountOptions options;
        options.errors = policy;
        options.strict = strict;
        ASSERT_TRUE(fs.mount(options));
        std::unique_ptr<OpenFile> open_file = fs.open_to_write(2);
        Fault fault;
        fault.command = Command::write;
        fault.code = code;
        device.inject(fault);
        const auto refused = fs.write(*open_file, 0, 1024, 77);
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().code(), code);
        EXPECT_GE(device.count(Command::report), 2U) << "the zone was not looked at";
        EXPECT_NE(fs->health().last_error(), "");
        const bool goes_on = policy == ErrorsPolicy::repair || (code != EIO && !strict);
        EXPECT_EQ(fs->read_only(), !goes_on && policy == ErrorsPolicy::remount_ro);
        EXPECT_EQ(fs->health().read_only_reason().empty(), !fs->read_only());
        EXPECT_EQ(fs->file(2).immutable(), !goes_on && policy != ErrorsPolicy::remount_ro);
        EXPECT_EQ(fs.write(*open_file, 0, 1024, 77).ok(), goes_on);
        finish(fs, std::move(open_file));
      }
    }
  }
}

TEST_F(FileSystemOnce, of_a_refused_write_what_landed_counts) {
  MountedFileSystem fs(loop());
  SimDevice& device = fs.device();
  ASSERT_TRUE(fs.mount());
  std::unique_ptr<OpenFile> open_file = fs.open_to_write(2);
  Fault fault;
  fault.command = Command::write;
  fault.code = ENOSPC;
  fault.blocks_landed = 1;
  device.inject(fault);
  const auto written = fs.write(*open_file, 0, 1024, 77);
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(*written, 512U);
  EXPECT_EQ(fs->file(2).size_bytes, 512U);
  EXPECT_TRUE(fs.write(*open_file, 512, 512, 77).ok());
  finish(fs, std::move(open_file));
}

/// A call from memory at page + 512 comes in two pieces, cut inside a block of 4096 bytes. Threads 2^22 and up do not
/// exist, so that the length of their calls cannot be seen.
TEST_F(FileSystemOnce, pieces_that_are_cut_inside_a_block_are_joined) {
  constexpr std::int32_t pid = 1 << 22;
  constexpr std::uint64_t piece = (1 << 20) - 512;
  SimSpec spec;
  spec.block_size_bytes = 4096;
  spec.zone_size_blocks = spec.zone_capacity_blocks = 600;
  spec.max_transfer_bytes = 64 * 4096;
  MountedFileSystem fs(loop(), spec);
  SimDevice& device = fs.device();
  MountOptions options;
  options.errors = zonefs::ErrorsPolicy::repair;
  ASSERT_TRUE(fs.mount(options));
  std::unique_ptr<OpenFile> open_file = fs.open_to_write(2);

  EXPECT_EQ(*fs.write(*open_file, 0, piece, pid), piece);
  EXPECT_EQ(fs->file(2).size_bytes, piece - 3584);
  EXPECT_FALSE(run(fs->sync(2, open_file.get(), pid)).ok()) << "acknowledged, and not written";
  EXPECT_FALSE(fs.write(*open_file, piece, 512, pid + 1).ok()) << "another thread";
  Fault fault;
  fault.command = Command::write;
  fault.code = ENOSPC;
  device.inject(fault);
  EXPECT_FALSE(fs.write(*open_file, piece, 512, pid).ok());
  EXPECT_EQ(*fs.write(*open_file, piece, 512, pid), 512U) << "once there is space";
  EXPECT_EQ(fs->file(2).size_bytes, 1U << 20);
  EXPECT_TRUE(run(fs->sync(2, open_file.get(), pid)).ok());

  EXPECT_EQ(*fs.write(*open_file, 1 << 20, piece, pid), piece);
  EXPECT_FALSE(fs.write(*open_file, 0, 4096, pid).ok()) << "not what continues";
  EXPECT_FALSE(run(fs->sync(2, open_file.get(), pid)).ok());
  EXPECT_TRUE(run(fs->sync(2, open_file.get(), pid)).ok()) << "told twice";
  finish(fs, std::move(open_file));
}

TEST_F(FileSystemOnce, says_why_and_since_when_it_is_read_only) {
  MountedFileSystem fs(loop());
  SimDevice& device = fs.device();
  ASSERT_TRUE(fs.mount());
  EXPECT_EQ(fs->health().read_only_reason() + fs->health().read_only_since() + fs->health().last_error(), "");
  std::unique_ptr<OpenFile> open_file = fs.open_to_write(2);
  Fault fault;
  fault.command = Command::write;
  device.inject(fault);
  EXPECT_FALSE(fs.write(*open_file, 0, 512, 77).ok());
  EXPECT_EQ(fs->health().read_only_since(), "2023-11-14T22:13:20Z");
  EXPECT_NE(fs->health().read_only_reason().find("errors=remount-ro: "), std::string::npos);
  EXPECT_NE(fs->health().read_only_reason().find(fs->health().last_error()), std::string::npos);
  // An option that comes later is not what made it so; and what makes it writable ends the reason, not the memory of it.
  fs.clock().advance(5'000'000'000);
  MountOptions options;
  options.read_only = true;
  EXPECT_TRUE(fs->remount(options).ok());
  EXPECT_EQ(fs->health().read_only_since(), "2023-11-14T22:13:20Z");
  options.read_only = false;
  EXPECT_TRUE(fs->remount(options).ok());
  EXPECT_EQ(fs->health().read_only_reason() + fs->health().read_only_since(), "");
  EXPECT_NE(fs->health().last_error(), "");
  options.read_only = true;
  EXPECT_TRUE(fs->remount(options).ok());
  EXPECT_EQ(fs->health().read_only_reason(), "mount option ro");
  EXPECT_EQ(fs->health().read_only_since(), "2023-11-14T22:13:25Z");
  finish(fs, std::move(open_file));
}

/// Design, 3: interrupted with nothing done is EINTR, and no device error.
TEST_F(FileSystemOnce, a_copy_cancelled_before_it_starts) {
  MountedFileSystem fs(loop());
  ASSERT_TRUE(fs.mount());
  CancelToken cancel;
  cancel.request();
  zonefs::CopyRequest request;
  request.source = 0;
  request.destination = 2;
  request.length_bytes = 512;
  const auto copied = run(fs->copy_range(request, &cancel));
  ASSERT_FALSE(copied.ok());
  EXPECT_EQ(copied.error().code(), EINTR);
  EXPECT_FALSE(fs->read_only());
  EXPECT_EQ(fs->file(2).size_bytes, 0U);
  EXPECT_TRUE(fs.unmount().ok());
}

}  // namespace zonecopy::test
