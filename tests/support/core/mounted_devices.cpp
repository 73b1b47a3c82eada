#include "tests/support/core/mounted_devices.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/core/format_device.h"
#include "tests/support/device/borrowed_device.h"
#include "tests/support/loop/loop_test.h"
#include "zonecopy/buffer.h"

namespace zonecopy::test {

MountedDevices::MountedDevices(EventLoop& loop, std::vector<SimSpec> specs) : loop_(loop) {
  for (SimSpec& spec : specs) {
    spec.path = "sim" + std::to_string(devices_.size());
    devices_.push_back(std::make_unique<SimDevice>(spec));
    format_device(*devices_.back(), zonefs::SuperBlock());
  }
}

MountedDevices::~MountedDevices() {
  for (const auto& device : devices_) {
    device->let_go();
    device->clear_faults();
  }
  if (mount_) (void)unmount();
}

Status MountedDevices::mount(const zonefs::MountOptions& options) {
  std::vector<zonefs::MountPart> parts;
  for (const auto& device : devices_) {
    auto mounted = loop_.run(
        zonefs::FileSystem::mount(loop_, std::make_unique<BorrowedDevice>(*device), options, log_, clock_.function()));
    if (!mounted) return mounted.error();
    parts.push_back(zonefs::MountPart{"sim" + std::to_string(parts.size()), std::move(mounted.value())});
  }
  mount_ = std::make_unique<zonefs::Mount>(std::move(parts));
  return {};
}

Status MountedDevices::unmount() {
  Status unmounted = loop_.run(mount_->unmount(loop_));
  mount_.reset();
  return unmounted;
}

std::unique_ptr<zonefs::OpenFile> MountedDevices::open_to_write(std::size_t device, zonefs::FileNumber file) {
  auto opened = loop_.run(files(device).open(file, zonefs::OpenFor::writing));
  EXPECT_TRUE(opened.ok());
  return opened ? std::move(opened.value()) : nullptr;
}

void MountedDevices::release(std::size_t device, std::unique_ptr<zonefs::OpenFile> open_file) {
  run_void(loop_, files(device).release(std::move(open_file)));
}

int MountedDevices::write(std::size_t device, zonefs::FileNumber file, std::span<const std::byte> data) {
  std::unique_ptr<zonefs::OpenFile> open_file = open_to_write(device, file);
  if (!open_file) return EBADF;
  const Buffer buffer(data.size());
  std::ranges::copy(data, buffer.data());
  zonefs::IoFlags flags;
  flags.direct = true;
  const std::span<const std::byte> payload = buffer.first(data.size());
  const auto written = loop_.run(files(device).write(open_file.get(), file, 0, payload, flags));
  release(device, std::move(open_file));
  return written.ok() ? 0 : written.error().code();
}

}  // namespace zonecopy::test
