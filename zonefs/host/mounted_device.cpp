#include "zonefs/host/mounted_device.h"

#include <fmt/format.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <future>
#include <thread>
#include <utility>

#include "zonecopy/open_device.h"
#include "zonefs/core/status.h"
#include "zonefs/options/options.h"

namespace zonecopy::zonefs {
namespace {

/// An attribute of a mount's root; nothing where nobody answers for it.
std::optional<std::string> attribute_of(const std::string& mount_point, std::string_view name) {
  const std::string full_name = fmt::format("{}{}", attribute_prefix, name);
  std::string value(65536, '\0');
  const ssize_t length = getxattr(mount_point.c_str(), full_name.c_str(), value.data(), value.size());
  if (length < 0) return std::nullopt;
  value.resize(static_cast<std::size_t>(length));
  return value;
}

// A daemon that does not answer holds up nobody who asks about another device, but who unmounts it a while.
constexpr std::chrono::seconds short_patience(1);
constexpr std::chrono::seconds patience_of_umount(10);

/// As attribute_of, of mounts that nobody has named: one that does not answer is passed over.
std::optional<std::string> attribute_in_time(const std::string& mount_point, std::string_view name,
                                             std::chrono::seconds patience) {
  std::packaged_task<std::optional<std::string>()> question(
      [mount_point, name = std::string(name)] { return attribute_of(mount_point, name); });
  std::future<std::optional<std::string>> answer = question.get_future();
  std::thread(std::move(question)).detach();  // what is never answered ends with the process
  if (answer.wait_for(patience) != std::future_status::ready) return std::nullopt;
  return answer.get();
}

std::vector<std::string> folders_of(const std::string& mount_point, const std::optional<std::string>& names) {
  std::vector<std::string> folders;
  std::string_view rest = names ? std::string_view(*names) : std::string_view();
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find(':'), rest.size());
    folders.push_back(fmt::format("{}/{}", mount_point, rest.substr(0, length)));
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
  if (folders.empty()) folders.push_back(mount_point);
  return folders;
}

/// `path`, and what stands in a row with it by the options of the mount.
DeviceRow row_of(std::string path, const std::string& options) {
  DeviceRow row = {std::move(path)};
  MountOptions parsed;
  if (!parse_options(options, parsed) || !parsed.devices.concat) return row;
  row.insert(row.end(), parsed.devices.with.begin(), parsed.devices.with.end());
  return row;
}

/// The ids of a row, as the daemon tells them (concatenate() in open_device.h).
std::string id_of(const DeviceRow& row) {
  std::string ids;
  for (const std::string& path : row) ids += (ids.empty() ? "" : "+") + device_id_of(path);
  return ids;
}

/// `source`: the name of then, which is all there is once the daemon is gone.
Result<DeviceRow> device_of_folder(const std::string& folder, const std::string& source) {
  const std::optional<std::string> path = attribute_of(folder, "device");
  const std::optional<std::string> id = attribute_of(folder, "device_id");
  if (!path || !id) return DeviceRow{source};
  DeviceRow row = row_of(*path, attribute_of(folder, "options").value_or(""));
  const std::string id_now = id_of(row);
  if (!id->empty() && id_now == *id) return row;
  // A target that is away cannot be asked: who opens the device is told why.
  if (id_now.empty() && is_remote_device(*path)) return row;
  Error error(ESTALE, "find device", fmt::format("what is mounted here is not what {} leads to", *path));
  return error.on_device(folder);
}

}  // namespace

std::vector<std::string> device_folders(const std::string& mount_point) {
  return folders_of(mount_point, attribute_of(mount_point, "devices"));
}

ToldDevices devices_before_umount(const std::string& mount_point) {
  ToldDevices told;
  const auto ask = [](const std::string& folder, std::string_view name) {
    return attribute_in_time(folder, name, patience_of_umount);
  };
  for (const std::string& folder : folders_of(mount_point, ask(mount_point, "devices"))) {
    const std::optional<std::string> path = ask(folder, "device");
    if (!path) return told;  // the daemon does not answer, or is gone
    const DeviceRow row = row_of(*path, ask(folder, "options").value_or(""));
    told.names.insert(told.names.end(), row.begin(), row.end());
    told.ids.push_back(ask(folder, "device_id").value_or(""));
  }
  return told;
}

Result<std::vector<DeviceRow>> devices_behind(const std::string& directory) {
  const Result<std::vector<MountEntry>> table = read_mount_table();
  if (!table) return table.error();
  const MountEntry* mount = find_mount_at(*table, directory);
  std::vector<std::string> folders;
  if (mount != nullptr && mount->is_zonecopyfs()) {
    folders = device_folders(directory);
  } else if (mount == nullptr) {
    mount = find_mount_at(*table, std::filesystem::path(directory).parent_path().string());
    const bool inside = mount != nullptr && mount->is_zonecopyfs();
    if (inside && std::ranges::count(device_folders(mount->mount_point), directory) != 0) folders = {directory};
  }
  if (folders.empty()) {
    Error error(EINVAL, "find device", "this directory is no mount point of zonecopyfs, nor the folder of a device");
    return error.on_device(directory);
  }
  std::vector<DeviceRow> devices;
  for (const std::string& folder : folders) {
    Result<DeviceRow> device = device_of_folder(folder, mount->source);
    if (!device) return device.error();
    devices.push_back(std::move(*device));
  }
  return devices;
}

namespace {

/// Whether one of the devices of a zonecopyfs mount, or of their rows, has this id.
bool has_device(const MountEntry& mount, const std::string& id) {
  const std::optional<std::string> names = attribute_in_time(mount.mount_point, "devices", short_patience);
  for (const std::string& folder : folders_of(mount.mount_point, names)) {
    const std::string ids = fmt::format("+{}+", attribute_in_time(folder, "device_id", short_patience).value_or(""));
    if (ids.find(fmt::format("+{}+", id)) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

Result<std::optional<std::string>> mount_point_of_device(const std::string& path) {
  const Result<std::vector<MountEntry>> table = read_mount_table();
  if (!table) return table.error();
  const std::string id = device_id_of(path);
  for (const MountEntry& mount : *table) {
    const bool same_name = !mount.is_zonecopyfs() && mount.source == path;
    if (same_name || (mount.is_zonecopyfs() && !id.empty() && has_device(mount, id)))
      return std::optional(mount.mount_point);
  }
  return std::optional<std::string>();
}

}  // namespace zonecopy::zonefs
