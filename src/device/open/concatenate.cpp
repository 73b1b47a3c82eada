// Several devices in a row as one.
#include <fmt/format.h>

#include "src/device/linear/in_a_row.h"
#include "src/device/linear/linear_device.h"
#include "zonecopy/open_device.h"

namespace zonecopy {
namespace {

using Devices = std::vector<std::unique_ptr<ZonedDevice>>;

std::vector<const DeviceInfo*> infos_of(const Devices& devices) {
  std::vector<const DeviceInfo*> infos;
  for (const std::unique_ptr<ZonedDevice>& device : devices) infos.push_back(&device->info());
  return infos;
}

/// The ids of all, so that the row is another one where one of them is.
std::string id_of(const Devices& devices) {
  std::string id;
  for (const std::unique_ptr<ZonedDevice>& device : devices) id += (id.empty() ? "" : "+") + device->identity().id;
  return id;
}

Task<Status> check_records(const Devices& devices) {
  std::vector<std::optional<linear::Member>> members;
  for (const std::unique_ptr<ZonedDevice>& device : devices) {
    const Result<std::optional<linear::Member>> member = co_await linear::read_member(*device);
    if (!member) co_return member.error();
    members.push_back(*member);
  }
  const std::vector<const DeviceInfo*> infos = infos_of(devices);
  co_return linear::check_members(infos, members);
}

}  // namespace

Result<std::unique_ptr<ZonedDevice>> concatenate(EventLoop& loop, Devices devices, const std::string& name,
                                                 ConcatCheck check) {
  const std::vector<const DeviceInfo*> infos = infos_of(devices);
  const Status possible = linear::check_in_a_row(name, infos);
  if (!possible) return possible.error();
  if (check == ConcatCheck::records) {
    const Status right = loop.run(check_records(devices));
    if (!right) return right.error();
  }
  linear::Parts parts{name, id_of(devices), std::move(devices), linear::pieces_in_a_row(infos), nullptr};
  Result<std::unique_ptr<linear::LinearDevice>> device = linear::LinearDevice::make(loop, std::move(parts));
  if (!device) return device.error();
  return std::unique_ptr<ZonedDevice>(std::move(*device));
}

Result<Inspection> inspect_concatenated(const std::vector<std::string>& paths, const std::string& name) {
  std::vector<Inspection> found;
  for (const std::string& path : paths) {
    Result<Inspection> inspection = inspect_device(path);
    if (!inspection) return inspection.error();
    found.push_back(std::move(*inspection));
  }
  std::vector<const DeviceInfo*> infos;
  for (const Inspection& inspection : found) infos.push_back(&inspection.info);
  const Status possible = linear::check_in_a_row(name, infos);
  if (!possible) return possible.error();
  const std::vector<linear::Piece> pieces = linear::pieces_in_a_row(infos);
  Inspection whole{linear::describe(name, pieces, infos), {}};
  for (const linear::Piece& piece : pieces) {
    for (const Zone& zone : found[piece.device].zones) {
      if (piece.contains_below(zone.start_lba)) whole.zones.push_back(linear::lifted(zone, piece, whole.info));
    }
  }
  return whole;
}

}  // namespace zonecopy
