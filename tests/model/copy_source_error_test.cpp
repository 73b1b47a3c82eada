// A copy whose source fails: what was copied counts, the destination is left alone, and the source is looked after as if
// it had been read.
#include <gtest/gtest.h>

#include "tests/support/core/format_device.h"
#include "tests/support/core/log_and_clock.h"
#include "tests/support/device/borrowed_device.h"
#include "tests/support/device/sim_device.h"
#include "tests/support/loop/loop_test.h"
#include "zonecopy/buffer.h"
#include "zonefs/core/file_system.h"

namespace zonecopy::test {

using zonefs::ErrorsPolicy;
using zonefs::FileSystem;
using zonefs::MountOptions;

namespace {

constexpr zonefs::FileNumber source_file = 2;
constexpr zonefs::FileNumber destination_file = 3;
constexpr ZoneIndex source_zone = 3;
constexpr std::uint64_t block_bytes = 512;
constexpr std::uint64_t source_blocks = 20;  // more than two transfers, and more than two Copy commands

struct Way {
  const char* name;
  CopyMode mode;
  Command command;  ///< of which one meets a source that has gone offline
};
constexpr Way ways[] = {{"emulated", CopyMode::emulate, Command::read},
                        {"offloaded", CopyMode::automatic, Command::copy}};

}  // namespace

class CopySourceError : public LoopTest {
 protected:
  static SimSpec spec() {
    SimSpec spec;
    spec.copy_limits = CopyLimits{4, 8, 8};
    return spec;
  }

  std::unique_ptr<FileSystem> mount(SimDevice& device, ErrorsPolicy errors, CopyMode mode) {
    format_device(device, zonefs::SuperBlock());
    device.preload(device.info().zone_start(source_zone), std::vector<std::byte>(source_blocks * block_bytes));
    MountOptions options;
    options.errors = errors;
    options.copy.mode = mode;
    options.copy.read_ahead_depth = 1;
    auto mounted =
        run(FileSystem::mount(loop(), std::make_unique<BorrowedDevice>(device), options, log_, clock_.function()));
    EXPECT_TRUE(mounted.ok());
    return std::move(mounted.value());
  }

  /// With command number `number` of the kind, counted from 0, the source is offline.
  static void lose_source(SimDevice& device, Command command, int number) {
    device.on_command([&device, command, left = number](Command arrived) mutable {
      if (arrived == command && left-- == 0) device.zones().turn(source_zone, ZoneCondition::offline);
    });
  }

  Result<std::uint64_t> copy(FileSystem& fs, zonefs::FileNumber from, zonefs::FileNumber to) {
    zonefs::CopyRequest request;
    request.source = from;
    request.destination = to;
    request.destination_offset_bytes = fs.file(to).size_bytes;
    request.length_bytes = 4 * block_bytes;
    if (from != to) request.length_bytes = source_blocks * block_bytes;
    return run(fs.copy_range(request, nullptr));
  }

  CapturingLog log_;
  ManualClock clock_;
};

TEST_F(CopySourceError, reaches_the_source_whether_or_not_a_part_was_copied) {
  for (const Way& way : ways) {
    for (const ErrorsPolicy policy : {ErrorsPolicy::remount_ro, ErrorsPolicy::zone_ro, ErrorsPolicy::repair}) {
      for (const int number : {0, 1}) {
        SCOPED_TRACE(std::string(way.name) + ", " + std::string(to_string(policy)) + ", command " +
                     std::to_string(number));
        SimDevice device(spec());
        const std::unique_ptr<FileSystem> fs = mount(device, policy, way.mode);
        lose_source(device, way.command, number);
        const Result<std::uint64_t> copied = copy(*fs, source_file, destination_file);
        const std::uint64_t copied_bytes = number * 8 * block_bytes;
        if (number == 0) {
          ASSERT_FALSE(copied.ok());
          EXPECT_EQ(copied.error().code(), EIO);
        } else {
          ASSERT_TRUE(copied.ok()) << copied.error().to_string();
          EXPECT_EQ(*copied, copied_bytes);
        }
        EXPECT_TRUE(fs->file(source_file).zone_offline) << "the source was not looked after";
        EXPECT_EQ(fs->file(source_file).size_bytes, 0U);
        EXPECT_EQ(fs->file(source_file).permissions, 0U);
        EXPECT_EQ(fs->file(destination_file).size_bytes, copied_bytes);
        EXPECT_FALSE(fs->file(destination_file).immutable()) << "nothing is wrong with the destination";
        EXPECT_EQ(fs->read_only(), policy == ErrorsPolicy::remount_ro);
        EXPECT_TRUE(run(fs->unmount()).ok());
      }
    }
  }
}

/// The media of a source fails and its zone is as it was: zonefs does nothing then but tell the caller.
TEST_F(CopySourceError, of_the_media_alone_is_told_and_no_more) {
  const Watchdog watchdog("the recovery of a file that is copied onto its own end", 30);
  for (const Way& way : ways) {
    for (const zonefs::FileNumber to : {destination_file, source_file}) {
      SCOPED_TRACE(std::string(way.name) + (to == source_file ? ", within one file" : ""));
      SimDevice device(spec());
      const std::unique_ptr<FileSystem> fs = mount(device, ErrorsPolicy::remount_ro, way.mode);
      Fault fault;
      fault.command = way.command;
      fault.source_fails = true;
      device.inject(fault);
      const std::uint64_t reports = device.count(Command::report);
      const Result<std::uint64_t> copied = copy(*fs, source_file, to);
      ASSERT_FALSE(copied.ok());
      EXPECT_EQ(copied.error().code(), EIO);
      EXPECT_EQ(device.count(Command::report), reports + 1) << "the zone of the source is looked at, and no other";
      EXPECT_FALSE(fs->read_only());
      EXPECT_EQ(fs->file(source_file).size_bytes, source_blocks * block_bytes);
      EXPECT_TRUE(copy(*fs, source_file, to).ok());
      EXPECT_TRUE(run(fs->unmount()).ok());
    }
  }
}

/// A zone that somebody else has filled refuses as a full file system would; but it is we who are wrong about it.
TEST_F(CopySourceError, a_full_zone_is_no_full_device) {
  SimDevice device(spec());
  const std::unique_ptr<FileSystem> fs = mount(device, ErrorsPolicy::remount_ro, CopyMode::emulate);
  Fault fault;
  fault.command = Command::write;
  fault.foreign_blocks = 24;
  fault.code = 0;
  device.inject(fault);
  const Result<std::uint64_t> copied = copy(*fs, source_file, destination_file);
  ASSERT_FALSE(copied.ok());
  EXPECT_EQ(copied.error().code(), EIO) << "EFBIG tells of a limit to the size of an image";
  EXPECT_TRUE(fs->read_only());
  EXPECT_TRUE(run(fs->unmount()).ok());
}

}  // namespace zonecopy::test
