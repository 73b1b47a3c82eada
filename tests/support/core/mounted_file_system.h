// A file system over a device, as tests use one: with a log and a clock that they read and move.
#pragma once

#include <cstdint>
#include <memory>

#include "tests/support/core/log_and_clock.h"
#include "tests/support/device/sim_device.h"
#include "zonecopy/event_loop.h"
#include "zonefs/core/file_system.h"
#include "zonefs/disk/super_block.h"

namespace zonecopy::test {

/// Not mounted at first, so that a test can prepare the device. Unmounted at the end of its life.
class MountedFileSystem {
 public:
  /// Over a simulated device of its own, formatted.
  explicit MountedFileSystem(EventLoop& loop, const SimSpec& spec = SimSpec(),
                             const zonefs::SuperBlock& super_block = zonefs::SuperBlock());
  /// Over another's device, as it is.
  MountedFileSystem(EventLoop& loop, ZonedDevice& device);
  ~MountedFileSystem();
  MountedFileSystem(const MountedFileSystem&) = delete;
  MountedFileSystem& operator=(const MountedFileSystem&) = delete;

  /// May be called again after an unmount.
  Status mount(const zonefs::MountOptions& options = zonefs::MountOptions());
  /// All that was opened has to be released before.
  Status unmount();
  /// For a test that has unmounted it by an operation of its own.
  void forget() { file_system_.reset(); }
  [[nodiscard]] bool is_mounted() const { return file_system_ != nullptr; }

  [[nodiscard]] zonefs::FileSystem* operator->() const { return file_system_.get(); }
  [[nodiscard]] zonefs::FileSystem& operator*() const { return *file_system_; }
  [[nodiscard]] EventLoop& loop() const { return loop_; }
  /// The simulated one.
  [[nodiscard]] SimDevice& device() const { return *simulated_; }
  [[nodiscard]] CapturingLog& log() { return log_; }
  [[nodiscard]] ManualClock& clock() { return clock_; }

  /// As tree.h numbers them.
  static zonefs::NodeId node_of(zonefs::FileNumber file) { return 4 + zonefs::NodeId{file}; }

  // Operations, each run to its end.

  std::unique_ptr<zonefs::OpenFile> open_to_write(zonefs::FileNumber file);
  void release(std::unique_ptr<zonefs::OpenFile> open_file);
  /// Zeros, past the page cache, by a process.
  Result<std::uint64_t> write(zonefs::OpenFile& open_file, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                              std::int32_t pid);
  /// By a process, through what it has open or by the file's name (null). 0 or an errno.
  int truncate(zonefs::FileNumber file, std::uint64_t size_bytes, zonefs::OpenFile* through, std::int32_t pid);

 private:
  EventLoop& loop_;
  std::unique_ptr<SimDevice> simulated_;
  ZonedDevice& device_;
  CapturingLog log_;
  ManualClock clock_;
  std::unique_ptr<zonefs::FileSystem> file_system_;
};

}  // namespace zonecopy::test
