#include "zonefs/host/mounted_device.h"

#include <fmt/format.h>
#include <sys/xattr.h>

#include <cerrno>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "zonecopy/device.h"
#include "zonefs/core/status.h"

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

// A daemon that does not answer holds up nobody who asks about another device.
constexpr std::chrono::seconds patience(1);

/// As attribute_of, of mounts that nobody has named: one that does not answer is passed over.
std::optional<std::string> attribute_in_time(const std::string& mount_point, std::string_view name) {
  std::packaged_task<std::optional<std::string>()> question(
      [mount_point, name = std::string(name)] { return attribute_of(mount_point, name); });
  std::future<std::optional<std::string>> answer = question.get_future();
  std::thread(std::move(question)).detach();  // what is never answered ends with the process
  if (answer.wait_for(patience) != std::future_status::ready) return std::nullopt;
  return answer.get();
}

}  // namespace

Result<std::string> device_of_mount(const MountEntry& mount) {
  const std::optional<std::string> path = attribute_of(mount.mount_point, "device");
  const std::optional<std::string> id = attribute_of(mount.mount_point, "device_id");
  if (!path || !id) return mount.source;  // its daemon is gone: the name of then is all there is
  if (!id->empty() && device_id(*path) == *id) return *path;
  Error error(ESTALE, "find device", fmt::format("what is mounted here is not what {} leads to", *path));
  return error.on_device(mount.mount_point);
}

Result<std::optional<std::string>> mount_point_of_device(const std::string& path) {
  const Result<std::vector<MountEntry>> table = read_mount_table();
  if (!table) return table.error();
  const std::string id = device_id(path);
  for (const MountEntry& mount : *table) {
    const bool same_name = !mount.is_zonecopyfs() && mount.source == path;
    if (same_name || (mount.is_zonecopyfs() && attribute_in_time(mount.mount_point, "device_id") == id)) {
      return std::optional(mount.mount_point);
    }
  }
  return std::optional<std::string>();
}

}  // namespace zonecopy::zonefs
