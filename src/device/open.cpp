#include "zonecopy/open_device.h"

#include <sys/stat.h>

#include <filesystem>

#include "device/block_device.h"
#include "device/nvme_device.h"
#include "zonecopy/image.h"

namespace zonecopy {
namespace {

Error refuse(const std::string& path, int code, std::string detail) {
  Error error(code, "open", std::move(detail));
  error.on_device(path);
  return error;
}

/// The path without links, as in /dev/disk/by-id; the path itself where nothing is there, which open(2) then tells.
std::string without_links(const std::string& path) {
  std::error_code failure;
  const std::filesystem::path real = std::filesystem::canonical(path, failure);
  return failure ? path : real.string();
}

bool names_nvme(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  return name.starts_with("nvme") || name.starts_with("ng");
}

/// What kind of device a path names, or why it is none.
Result<DeviceKind> kind_of(const std::string& path, DeviceChoice choice) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return refuse(path, errno, {});
  if (S_ISBLK(facts.st_mode) || S_ISCHR(facts.st_mode)) {
    if (choice == DeviceChoice::nvme && !names_nvme(path)) {
      return refuse(path, EINVAL, "device=nvme was asked for, and this is no NVMe namespace");
    }
    if (choice != DeviceChoice::block && names_nvme(path)) return DeviceKind::nvme;
    if (S_ISBLK(facts.st_mode)) return DeviceKind::block;
    return refuse(path, ENOTBLK, "this character device is no NVMe namespace");
  }
  if (!S_ISREG(facts.st_mode)) return refuse(path, ENOTBLK, "this is neither a zoned image nor a device");
  if (choice != DeviceChoice::automatic) return refuse(path, ENOTBLK, "device= was given, and this is no device");
  const Result<bool> image = is_image(path);
  if (!image) return refuse(path, image.error().code(), {});
  if (!*image) return refuse(path, EINVAL, "this is no zoned image; make one with 'zonecopy image create'");
  return DeviceKind::image;
}

Result<std::unique_ptr<ZonedDevice>> open_nvme(EventLoop& loop, const std::string& path, bool exclusive) {
  if (!loop.big_entries()) {
    return refuse(path, EOPNOTSUPP, "this kernel offers no NVMe passthrough by io_uring (Linux 5.19 or later does)");
  }
  Result<nvme::OpenNamespace> opened = nvme::open_namespace(path, exclusive);
  if (!opened) return opened.error();
  return std::unique_ptr<ZonedDevice>(std::make_unique<nvme::NvmeDevice>(loop, std::move(*opened)));
}

Result<std::unique_ptr<ZonedDevice>> open_block(EventLoop& loop, const std::string& path, bool exclusive) {
  Result<block::OpenBlockDevice> opened = block::open_block_device(path, exclusive);
  if (!opened) return opened.error();
  return std::unique_ptr<ZonedDevice>(std::make_unique<block::BlockDevice>(loop, std::move(*opened)));
}

/// Where passthrough is merely not to be had, the block layer serves too.
bool passthrough_missing(const Error& error) {
  return error.code() == ENOENT || error.code() == EOPNOTSUPP || error.code() == ENOTTY;
}

Result<std::unique_ptr<ZonedDevice>> open_hardware(EventLoop& loop, const std::string& path, DeviceChoice choice,
                                                   DeviceKind kind, bool exclusive) {
  if (kind == DeviceKind::block) return open_block(loop, path, exclusive);
  Result<std::unique_ptr<ZonedDevice>> device = open_nvme(loop, path, exclusive);
  if (device || choice == DeviceChoice::nvme || !passthrough_missing(device.error())) return device;
  Result<std::unique_ptr<ZonedDevice>> second = open_block(loop, path, exclusive);
  if (second) return second;
  return device;  // what the first try met says more
}

Task<Result<Inspection>> inspect(ZonedDevice& device) {
  const DeviceInfo& info = device.info();
  const Result<std::vector<Zone>> zones = co_await device.report_zones(0, info.zone_count);
  if (!zones) co_return zones.error();
  Inspection inspection{info, *zones};
  co_return inspection;
}

}  // namespace

Result<std::unique_ptr<ZonedDevice>> open_device(EventLoop& loop, const std::string& name, const OpenOptions& options) {
  const std::string path = without_links(name);
  const Result<DeviceKind> kind = kind_of(path, options.choice);
  if (!kind) return kind.error();
  if (*kind == DeviceKind::image) return open_image(loop, path, options.read_only);
  return open_hardware(loop, path, options.choice, *kind, true);
}

EventLoop::Options loop_options_for(const std::string& name) {
  EventLoop::Options options;
  // Big entries cost little where they are not needed.
  options.big_entries = names_nvme(without_links(name));
  return options;
}

Result<Inspection> inspect_device(EventLoop& loop, const std::string& name) {
  const std::string path = without_links(name);
  const Result<DeviceKind> kind = kind_of(path, DeviceChoice::automatic);
  if (!kind) return kind.error();
  if (*kind != DeviceKind::image) {
    const Result<std::unique_ptr<ZonedDevice>> device =
        open_hardware(loop, path, DeviceChoice::automatic, *kind, false);
    if (!device) return device.error();
    return loop.run(inspect(**device));
  }
  Result<std::pair<DeviceInfo, std::vector<Zone>>> found = inspect_image(path);
  if (!found) return found.error();
  return Inspection{std::move(found->first), std::move(found->second)};
}

}  // namespace zonecopy
