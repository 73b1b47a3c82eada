#include "zonefs/format/checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "zonefs/format/existing_content.h"

namespace zonecopy::zonefs {
namespace {

constexpr std::uint32_t report_batch_zones = 4096;

}  // namespace

Error refusal(int code, std::string text) { return Error(code, "format", std::move(text)).detail_says_all(); }

Task<Result<std::vector<Zone>>> report_all_zones(ZonedDevice& device) {
  std::vector<Zone> zones;
  const std::uint32_t zone_count = device.info().zone_count;
  zones.reserve(zone_count);
  while (zones.size() < zone_count) {
    Result<std::vector<Zone>> batch =
        co_await device.report_zones(static_cast<ZoneIndex>(zones.size()), report_batch_zones);
    if (!batch) co_return batch.error();
    if (batch->empty()) break;
    zones.insert(zones.end(), batch->begin(), batch->end());
  }
  if (zones.size() != zone_count) {
    co_return refusal(
        EIO, fmt::format("{}: Invalid zone report ({}/{} zones)", device.info().path, zones.size(), zone_count));
  }
  co_return zones;
}

bool dead(const Zone& zone) {
  return zone.condition == ZoneCondition::offline || zone.condition == ZoneCondition::read_only;
}

Status check_usable(const DeviceInfo& info, const std::vector<Zone>& zones) {
  const auto offline = [](const Zone& zone) { return zone.condition == ZoneCondition::offline; };
  const auto offline_count = static_cast<std::size_t>(std::count_if(zones.begin(), zones.end(), offline));
  if (offline_count + 1 >= zones.size()) {
    return refusal(EIO, fmt::format("{}: No useable zones: {} of {} are offline, and zone 0 holds the super block",
                                    info.path, offline_count, zones.size()));
  }
  if (dead(zones.front())) {
    return refusal(EIO, fmt::format("{}: No useable zones: zone 0, which holds the super block, is {}", info.path,
                                    to_string(zones.front().condition)));
  }
  return {};
}

Task<Status> refuse_existing_content(ZonedDevice& device, const std::vector<Zone>& zones) {
  const Result<std::optional<std::string>> existing = co_await find_existing_content(device, zones);
  if (!existing) co_return existing.error();
  if (!existing->has_value()) co_return Status();
  co_return refusal(EEXIST, fmt::format("{} appears to contain {}; Use the option '-f' to overwrite",
                                        device.info().path, **existing));
}

}  // namespace zonecopy::zonefs
