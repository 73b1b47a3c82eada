#include "tests/support/core/mounted_file_system.h"

#include <gtest/gtest.h>

#include "tests/support/core/format_device.h"
#include "tests/support/device/borrowed_device.h"
#include "tests/support/loop/loop_test.h"
#include "zonecopy/buffer.h"

namespace zonecopy::test {

MountedFileSystem::MountedFileSystem(EventLoop& loop, const SimSpec& spec, const zonefs::SuperBlock& super_block)
    : loop_(loop), simulated_(std::make_unique<SimDevice>(spec)), device_(*simulated_) {
  format_device(*simulated_, super_block);
}

MountedFileSystem::MountedFileSystem(EventLoop& loop, ZonedDevice& device) : loop_(loop), device_(device) {}

MountedFileSystem::~MountedFileSystem() {
  if (file_system_) (void)loop_.run(file_system_->unmount());
}

Status MountedFileSystem::mount(const zonefs::MountOptions& options) {
  auto mounted = loop_.run(
      zonefs::FileSystem::mount(loop_, std::make_unique<BorrowedDevice>(device_), options, log_, clock_.function()));
  if (!mounted) return mounted.error();
  file_system_ = std::move(mounted.value());
  return {};
}

Status MountedFileSystem::unmount() {
  Status unmounted = loop_.run(file_system_->unmount());
  file_system_.reset();
  return unmounted;
}

std::unique_ptr<zonefs::OpenFile> MountedFileSystem::open_to_write(zonefs::FileNumber file) {
  auto opened = loop_.run(file_system_->open(file, zonefs::OpenFor::writing));
  EXPECT_TRUE(opened.ok());
  return opened ? std::move(opened.value()) : nullptr;
}

void MountedFileSystem::release(std::unique_ptr<zonefs::OpenFile> open_file) {
  run_void(loop_, file_system_->release(std::move(open_file)));
}

Result<std::uint64_t> MountedFileSystem::write(zonefs::OpenFile& open_file, std::uint64_t offset_bytes,
                                               std::uint64_t length_bytes, std::int32_t pid) {
  const Buffer buffer(length_bytes);
  zonefs::IoFlags flags;
  flags.direct = true;
  flags.pid = pid;
  return loop_.run(file_system_->write(&open_file, open_file.file, offset_bytes, buffer.first(length_bytes), flags));
}

int MountedFileSystem::truncate(zonefs::FileNumber file, std::uint64_t size_bytes, zonefs::OpenFile* through,
                                std::int32_t pid) {
  zonefs::AttributeChange change;
  change.size_bytes = size_bytes;
  const auto changed = loop_.run(file_system_->set_attributes(node_of(file), change, through, pid));
  return changed ? 0 : changed.error().code();
}

}  // namespace zonecopy::test
