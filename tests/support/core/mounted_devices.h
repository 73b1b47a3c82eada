// A mount of several simulated devices, as tests use one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/core/log_and_clock.h"
#include "tests/support/device/sim_device.h"
#include "zonecopy/event_loop.h"
#include "zonefs/core/mount.h"

namespace zonecopy::test {

/// Device I is named "simI", and so is its folder. The devices are formatted, and mounted with what the test has
/// preloaded. Unmounted at the end of its life.
class MountedDevices {
 public:
  MountedDevices(EventLoop& loop, std::vector<SimSpec> specs);
  ~MountedDevices();
  MountedDevices(const MountedDevices&) = delete;
  MountedDevices& operator=(const MountedDevices&) = delete;

  /// Where one fails none is mounted.
  Status mount(const zonefs::MountOptions& options = zonefs::MountOptions());
  Status unmount();

  [[nodiscard]] zonefs::Mount& operator*() const { return *mount_; }
  [[nodiscard]] zonefs::Mount* operator->() const { return mount_.get(); }
  [[nodiscard]] std::size_t count() const { return devices_.size(); }
  [[nodiscard]] SimDevice& device(std::size_t index) const { return *devices_[index]; }
  [[nodiscard]] zonefs::FileSystem& files(std::size_t index) const { return *mount_->parts()[index].files; }
  [[nodiscard]] CapturingLog& log() { return log_; }

  // Operations, each run to its end.

  std::unique_ptr<zonefs::OpenFile> open_to_write(std::size_t device, zonefs::FileNumber file);
  void release(std::size_t device, std::unique_ptr<zonefs::OpenFile> open_file);
  /// To the start of the file. 0 or an errno.
  int write(std::size_t device, zonefs::FileNumber file, std::span<const std::byte> data);

 private:
  EventLoop& loop_;
  std::vector<std::unique_ptr<SimDevice>> devices_;
  CapturingLog log_;
  ManualClock clock_;
  std::unique_ptr<zonefs::Mount> mount_;
};

}  // namespace zonecopy::test
