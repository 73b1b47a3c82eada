// Opens devices by their paths, and formats them.
#include <fmt/format.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include <cstring>
#include <map>

#include "src/device/linear/in_a_row.h"
#include "zonefs/format/checks.h"
#include "zonefs/format/format.h"
#include "zonefs/host/mount_table.h"
#include "zonefs/host/mounted_device.h"

namespace zonecopy::zonefs {
namespace {

std::array<std::uint8_t, 16> random_uuid() {
  std::array<std::uint8_t, 16> uuid{};
  uuid_generate_random(uuid.data());
  return uuid;
}

Error in_use_error(const std::string& path) {
  const Result<std::optional<std::string>> mounted = mount_point_of_device(path);
  if (!mounted || !mounted->has_value()) return refusal(EBUSY, fmt::format("{} is in use", path));
  return refusal(EBUSY, fmt::format("{} is mounted at {}; unmount it first", path, **mounted));
}

Result<std::string> path_of(const std::string& name) {
  Result<std::string> path = canonical_device_name(name);
  if (path) return path;
  const Error& error = path.error();
  const std::string why = error.detail().empty() ? std::strerror(error.code()) : error.detail();
  return refusal(error.code(), fmt::format("{}: {}", name, why));
}

Result<std::unique_ptr<ZonedDevice>> open_to_format(EventLoop& loop, const std::string& path) {
  Result<std::unique_ptr<ZonedDevice>> device = open_device(loop, path, OpenOptions{});
  if (!device && device.error().code() == EBUSY) return in_use_error(path);
  return device;
}

/// Fills in what depends on who formats, and when.
void complete(FormatOptions& options) {
  give_to_caller(options, geteuid(), getegid());
  if (!options.uuid) options.uuid = random_uuid();
}

/// Looks at a device that is to be one of several, without a change.
Task<Status> check_one_of_several(ZonedDevice& device, bool force) {
  const Result<std::vector<Zone>> zones = co_await report_all_zones(device);
  if (!zones) co_return zones.error();
  if (dead(zones->front())) {
    co_return refusal(EIO, fmt::format("{}: zone 0, which is to tell where the device belongs, is {}",
                                       device.info().path, to_string(zones->front().condition)));
  }
  if (force) co_return Status();
  const Status empty = co_await refuse_existing_content(device, *zones);
  co_return empty;
}

using Devices = std::vector<std::unique_ptr<ZonedDevice>>;

Result<Devices> open_all(EventLoop& loop, const std::vector<std::string>& paths) {
  Devices devices;
  std::map<std::string, std::string> path_of_id;
  for (const std::string& path : paths) {
    const std::string id = device_id_of(path);
    const auto [known, is_new] = path_of_id.emplace(id, path);
    if (!id.empty() && !is_new) return refusal(EINVAL, fmt::format("{} is given twice", path));
    Result<std::unique_ptr<ZonedDevice>> device = open_to_format(loop, path);
    if (!device) return device.error();
    devices.push_back(std::move(*device));
  }
  return devices;
}

/// Checks all, then tells each but the first where it belongs. The first is told with its super block, so that nobody
/// takes what is not complete for a file system.
Task<Status> prepare_row(const Devices& devices, const FormatOptions& options) {
  std::vector<const DeviceInfo*> infos;
  for (const std::unique_ptr<ZonedDevice>& device : devices) infos.push_back(&device->info());
  const Status possible = linear::check_in_a_row(infos.front()->path, infos);
  if (!possible) co_return possible.error();
  for (const std::unique_ptr<ZonedDevice>& device : devices) {
    ZonedDevice& one = *device;
    const Status checked = co_await check_one_of_several(one, options.force);
    if (!checked) co_return checked.error();
  }
  for (std::size_t i = 1; i < devices.size(); ++i) {
    const linear::Member member = linear::member_of(*infos[i], *options.uuid, i, devices.size());
    ZonedDevice& one = *devices[i];
    const Status written = co_await linear::write_member(one, member);
    if (!written) co_return written.error();
  }
  co_return Status();
}

}  // namespace

Status format_device(const std::string& name, FormatOptions options, const Printer& print) {
  const Result<std::string> path = path_of(name);
  if (!path) return path.error();
  Result<std::unique_ptr<EventLoop>> loop = EventLoop::create(loop_options_for(*path));
  if (!loop) return loop.error();
  Result<std::unique_ptr<ZonedDevice>> device = open_to_format(**loop, *path);
  if (!device) return device.error();
  complete(options);
  return (*loop)->run(format(**device, std::move(options), print));
}

Status format_row(const std::vector<std::string>& names, FormatOptions options, const Printer& print) {
  std::vector<std::string> paths;
  EventLoop::Options loop_options;
  for (const std::string& name : names) {
    const Result<std::string> path = path_of(name);
    if (!path) return path.error();
    loop_options.sqe128_cqe32 = loop_options.sqe128_cqe32 || loop_options_for(*path).sqe128_cqe32;
    paths.push_back(*path);
  }
  Result<std::unique_ptr<EventLoop>> loop = EventLoop::create(loop_options);
  if (!loop) return loop.error();
  Result<Devices> devices = open_all(**loop, paths);
  if (!devices) return devices.error();
  complete(options);
  const Status prepared = (*loop)->run(prepare_row(*devices, options));
  if (!prepared) return prepared.error();
  const DeviceInfo& first = devices->front()->info();
  const linear::MemberRecord record = encode(linear::member_of(first, *options.uuid, 0, devices->size()));
  options.after_super_block.assign(record.begin(), record.end());
  options.force = true;  // each was looked at
  Result<std::unique_ptr<ZonedDevice>> device =
      concatenate(**loop, std::move(*devices), fmt::format("{}", fmt::join(paths, "+")), ConcatCheck::nothing);
  if (!device) return device.error();
  return (*loop)->run(format(**device, std::move(options), print));
}

}  // namespace zonecopy::zonefs
