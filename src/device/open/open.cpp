#include "zonecopy/open_device.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>

#include "src/device/block/block_device.h"
#include "src/device/image/image_open.h"
#include "src/device/nvme/nvme_device.h"
#include "src/device/open/inspect_open.h"
#include "src/device/open/open_remote_name.h"
#include "src/device/open/open_stack.h"
#include "zonecopy/file_descriptor.h"

namespace zonecopy {
namespace {

Error make_error(const std::string& path, int code, std::string detail) {
  Error error(code, "open", std::move(detail));
  error.on_device(path);
  return error;
}

/// `path` with symbolic links resolved, as those of /dev/disk/by-id. Where nothing is there it stays as it is, and
/// open(2) reports the error.
std::string without_links(const std::string& path) {
  std::error_code failure;
  const std::filesystem::path real = std::filesystem::canonical(path, failure);
  return failure ? path : real.string();
}

bool names_nvme(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  return name.starts_with("nvme") || name.starts_with("ng");
}

/// Opens `path`, a path without links, with O_PATH. Everything after that works on this descriptor, so that it does not
/// matter if the path names something else by then. A link that was put there in the meantime is not followed.
Result<FileDescriptor> look_at(const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW;
  how.resolve = RESOLVE_NO_SYMLINKS;
  FileDescriptor place(static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
  const bool unknown_call = !place && (errno == ENOSYS || errno == EPERM);  // EPERM: filters of containers
  if (unknown_call) place = FileDescriptor(open(path.c_str(), O_PATH | O_CLOEXEC | O_NOFOLLOW));
  if (place) return place;
  return make_error(path, errno, errno == ELOOP ? "it was replaced by a link while it was being opened" : "");
}

/// The kind of device that `place` is, or an error if it is none.
Result<DeviceKind> kind_of(const std::string& path, int place, DeviceChoice choice) {
  struct stat facts {};
  if (fstat(place, &facts) != 0) return make_error(path, errno, {});
  if (S_ISLNK(facts.st_mode)) return make_error(path, ELOOP, "it was replaced by a link while it was being opened");
  if (S_ISBLK(facts.st_mode) || S_ISCHR(facts.st_mode)) {
    if (choice == DeviceChoice::nvme && !names_nvme(path) && !is_device_mapper(path)) {
      return make_error(path, EINVAL, "device=nvme was asked for, and this is no NVMe namespace");
    }
    if (choice != DeviceChoice::block && names_nvme(path)) return DeviceKind::nvme;
    if (S_ISBLK(facts.st_mode)) return DeviceKind::block;
    return make_error(path, ENOTBLK, "this character device is no NVMe namespace");
  }
  if (!S_ISREG(facts.st_mode)) return make_error(path, ENOTBLK, "this is neither a zoned image nor a device");
  if (choice != DeviceChoice::automatic) return make_error(path, ENOTBLK, "device= was given, and this is no device");
  return DeviceKind::image;
}

Result<std::unique_ptr<ZonedDevice>> open_nvme(EventLoop& loop, const std::string& path, Claim claim,
                                               bool cross_namespace) {
  if (!loop.sqe128_cqe32()) {
    return make_error(path, EOPNOTSUPP,
                      "this kernel offers no NVMe passthrough by io_uring (Linux 5.19 or later does)");
  }
  const nvme::NamespaceClaim held = claim == Claim::look ? nvme::NamespaceClaim::none : nvme::NamespaceClaim::exclusive;
  Result<nvme::OpenNamespace> opened = nvme::open_namespace(path, held, claim == Claim::read);
  if (!opened) return opened.error();
  // Who only looks copies nothing.
  const bool joins = cross_namespace && claim != Claim::look;
  return std::unique_ptr<ZonedDevice>(std::make_unique<nvme::NvmeDevice>(loop, std::move(*opened), joins));
}

/// `no_copy`: why the device has no Copy, where more is known than that block devices have none.
Result<std::unique_ptr<ZonedDevice>> open_block(EventLoop& loop, const std::string& path, Claim claim,
                                                const std::string& no_copy = {}) {
  Result<block::OpenBlockDevice> opened = block::open_block_device(path, claim != Claim::look, claim == Claim::read);
  if (!opened) return opened.error();
  if (!no_copy.empty()) opened->info.copy_unavailable = no_copy;
  return std::unique_ptr<ZonedDevice>(std::make_unique<block::BlockDevice>(loop, std::move(*opened)));
}

/// A device of the device mapper: by what lies below it, where that can be, else by the block layer.
Result<std::unique_ptr<ZonedDevice>> open_mapped(EventLoop& loop, const std::string& path, const OpenOptions& options,
                                                 Claim claim) {
  Result<std::unique_ptr<ZonedDevice>> device = open_stack(loop, path, claim, options.cross_namespace);
  const bool unsuitable = !device && device.error().code() == EOPNOTSUPP;
  if (!unsuitable) return device;
  if (options.choice == DeviceChoice::nvme) {
    return make_error(path, EINVAL, "device=nvme was asked for, and that cannot be: " + device.error().detail());
  }
  return open_block(loop, path, claim, device.error().detail());
}

/// Whether passthrough is not available. The block layer can be used then.
bool passthrough_missing(const Error& error) {
  return error.code() == ENOENT || error.code() == EOPNOTSUPP || error.code() == ENOTTY;
}

Result<std::unique_ptr<ZonedDevice>> open_hardware(EventLoop& loop, const std::string& path, const OpenOptions& options,
                                                   DeviceKind kind, Claim claim) {
  if (kind == DeviceKind::block) {
    const bool mapped = options.choice != DeviceChoice::block && is_device_mapper(path);
    return mapped ? open_mapped(loop, path, options, claim) : open_block(loop, path, claim);
  }
  Result<std::unique_ptr<ZonedDevice>> device = open_nvme(loop, path, claim, options.cross_namespace);
  if (device || options.choice == DeviceChoice::nvme || !passthrough_missing(device.error())) return device;
  Result<std::unique_ptr<ZonedDevice>> second = open_block(loop, path, claim);
  if (second) return second;
  return device;  // the error of the first attempt tells more
}

}  // namespace

Result<std::unique_ptr<ZonedDevice>> open_device(EventLoop& loop, const std::string& name, const OpenOptions& options) {
  if (is_remote_device(name)) return open_remote_name(loop, name, options);
  const std::string path = without_links(name);
  const Result<FileDescriptor> place = look_at(path);
  if (!place) return place.error();
  const Result<DeviceKind> kind = kind_of(path, place->get(), options.choice);
  if (!kind) return kind.error();
  if (*kind == DeviceKind::image) return image::open_image_at(loop, path, place->get(), options.read_only);
  return open_hardware(loop, path, options, *kind, options.read_only ? Claim::read : Claim::write);
}

EventLoop::Options loop_options_for(const std::string& name) {
  EventLoop::Options options;
  if (is_remote_device(name)) return options;
  // Big entries cost little where they are not needed.
  const std::string path = without_links(name);
  options.sqe128_cqe32 = names_nvme(path) || is_device_mapper(path);
  return options;
}

Result<Inspection> inspect_device(const std::string& name) {
  if (is_remote_device(name)) return inspect_remote_name(name);
  const std::string path = without_links(name);
  const Result<FileDescriptor> place = look_at(path);
  if (!place) return place.error();
  const Result<DeviceKind> kind = kind_of(path, place->get(), DeviceChoice::automatic);
  if (!kind) return kind.error();
  if (*kind != DeviceKind::image) {
    Result<std::unique_ptr<EventLoop>> loop = EventLoop::create(loop_options_for(path));
    if (!loop) return loop.error();
    const Result<std::unique_ptr<ZonedDevice>> device = open_hardware(**loop, path, OpenOptions(), *kind, Claim::look);
    if (!device) return device.error();
    return (*loop)->run(inspect_open(**device));
  }
  Result<std::pair<DeviceInfo, std::vector<Zone>>> found = image::inspect_image_at(path, place->get());
  if (!found) return found.error();
  return Inspection{std::move(found->first), std::move(found->second)};
}

}  // namespace zonecopy
