#include "zonefs/programs/mount_devices.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "src/device/linear/in_a_row.h"
#include "zonecopy/buffer.h"
#include "zonecopy/open_device.h"
#include "zonefs/disk/super_block.h"

namespace zonecopy::zonefs {
namespace {

/// The log of one of several devices.
class DeviceLog final : public Log {
 public:
  DeviceLog(Log& log, std::string device) : log_(log), device_(std::move(device)) {}
  void write(Severity severity, const std::string& message) override {
    log_.write(severity, fmt::format("{}: {}", device_, message));
  }

 private:
  Log& log_;
  std::string device_;
};

bool contains(const std::vector<std::string>& paths, const std::string& path) {
  return std::ranges::find(paths, path) != paths.end();
}

Error make_error(const std::string& path, std::string detail) {
  Error error(EINVAL, "mount", std::move(detail));
  return error.on_device(path);
}

Status check(const MountRequest& request) {
  for (const std::string& path : request.devices) {
    if (std::ranges::count(request.devices, path) > 1) return make_error(path, "this device is given twice");
  }
  for (const std::string& path : request.options.devices.read_only) {
    if (!contains(request.devices, path)) return make_error(path, "readonly= names none of the devices of the mount");
  }
  return {};
}

MountOptions options_for(const MountRequest& request, const std::string& path) {
  MountOptions options = request.options;
  options.device_read_only = contains(options.devices.read_only, path);
  options.read_only = options.read_only || options.device_read_only;
  return options;
}

Result<std::unique_ptr<ZonedDevice>> open_for(EventLoop& loop, const std::string& path, const MountOptions& options) {
  OpenOptions open_options;
  open_options.read_only = options.read_only;
  open_options.choice = options.device;
  open_options.cross_namespace = options.devices.cross_namespace;
  return open_device(loop, path, open_options);
}

using Devices = std::vector<std::unique_ptr<ZonedDevice>>;

/// The device of this id. Null if it is none of `devices`.
const ZonedDevice* find(const Devices& devices, const std::string& id) {
  const auto is_it = [&id](const std::unique_ptr<ZonedDevice>& device) { return device->identity().id == id; };
  const auto found = id.empty() ? devices.end() : std::ranges::find_if(devices, is_it);
  return found == devices.end() ? nullptr : found->get();
}

Error given_twice_error(const std::string& path, const ZonedDevice& same) {
  return make_error(path, fmt::format("this device is given twice: {} is the same", same.info().path));
}

/// Who has it may be this mount, by another name.
Error in_use_error(const Devices& devices, const std::string& path, const Error& error) {
  const ZonedDevice* const same = devices.empty() ? nullptr : find(devices, device_id_of(path));
  return same == nullptr ? error : given_twice_error(path, *same);
}

/// Whether the super block of a row is of the set that its records tell of: who formats its first device alone may leave
/// the record there. Where there is no super block, the mount says so.
Task<Status> check_set(ZonedDevice& row) {
  const Result<std::optional<linear::Member>> first = co_await linear::read_member(row);
  if (!first) co_return first.error();
  const Buffer buffer(super_block_size_bytes);
  const Status read = co_await row.read(0, buffer.span());
  if (!read) co_return read.error();
  const Result<SuperBlock> super_block = decode(buffer.span());
  if (!super_block || !first->has_value() || super_block->uuid == (*first)->set) co_return Status();
  co_return make_error(row.info().path,
                       "its file system is not that of the row: this device was formatted by itself since");
}

/// One device whose tree is that of the mount.
Task<Result<MountedDevices>> mount_one(EventLoop& loop, std::unique_ptr<ZonedDevice> device, MountOptions options,
                                       Log& log, Clock clock) {
  Result<std::unique_ptr<FileSystem>> files =
      co_await FileSystem::mount(loop, std::move(device), std::move(options), log, std::move(clock));
  if (!files) co_return files.error();
  MountedDevices mounted;
  mounted.mount = std::make_unique<Mount>(std::move(*files));
  co_return mounted;
}

Task<Result<MountedDevices>> mount_several(EventLoop& loop, std::vector<std::unique_ptr<ZonedDevice>> devices,
                                           const MountRequest& request, Log& log, const Clock& clock) {
  MountedDevices mounted;
  std::vector<std::unique_ptr<FileSystem>> all;
  std::vector<SuperBlock> super_blocks;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const std::string& path = request.devices[i];
    mounted.logs.push_back(std::make_unique<DeviceLog>(log, path));
    Log& device_log = *mounted.logs.back();
    std::unique_ptr<ZonedDevice>& device = devices[i];
    Result<std::unique_ptr<FileSystem>> files =
        co_await FileSystem::mount(loop, std::move(device), options_for(request, path), device_log, clock);
    if (!files) co_return files.error();
    super_blocks.push_back((*files)->super_block());
    all.push_back(std::move(*files));
  }
  const std::vector<std::string> names = part_names(request.options.devices.names, super_blocks);
  std::vector<MountPart> parts;
  for (std::size_t i = 0; i < all.size(); ++i) {
    log.write(Severity::info, fmt::format("{} is {}", request.devices[i], names[i]));
    parts.push_back(MountPart{names[i], std::move(all[i])});
  }
  mounted.mount = std::make_unique<Mount>(std::move(parts));
  co_return mounted;
}

}  // namespace

Result<Devices> open_devices(EventLoop& loop, const MountRequest& request) {
  const Status sound = check(request);
  if (!sound) return sound.error();
  Devices devices;
  for (const std::string& path : request.devices) {
    Result<std::unique_ptr<ZonedDevice>> device = open_for(loop, path, options_for(request, path));
    if (!device) return device.error().code() == EBUSY ? in_use_error(devices, path, device.error()) : device.error();
    const ZonedDevice* const same = find(devices, (*device)->identity().id);
    if (same != nullptr) return given_twice_error(path, *same);
    devices.push_back(std::move(*device));
  }
  if (!request.options.devices.concat) return devices;
  Result<std::unique_ptr<ZonedDevice>> row = concatenate(loop, std::move(devices), request.devices.front());
  if (!row) return row.error();
  const Status same = loop.run(check_set(**row));
  if (!same) return same.error();
  Devices one;
  one.push_back(std::move(*row));
  return one;
}

Task<Result<MountedDevices>> mount_devices(EventLoop& loop, std::vector<std::unique_ptr<ZonedDevice>> devices,
                                           MountRequest request, Log& log, Clock clock) {
  if (devices.size() > 1) {
    Result<MountedDevices> mounted = co_await mount_several(loop, std::move(devices), request, log, clock);
    co_return mounted;
  }
  const MountOptions options = options_for(request, request.devices.front());
  Result<MountedDevices> mounted = co_await mount_one(loop, std::move(devices.front()), options, log, std::move(clock));
  co_return mounted;
}

}  // namespace zonecopy::zonefs
