#include "zonefs/format/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "zonecopy/buffer.h"
#include "zonefs/format/checks.h"
#include "zonefs/format/existing_content.h"

namespace zonecopy::zonefs {
namespace {

std::uint64_t mebibytes(const DeviceInfo& info, std::uint64_t blocks) { return blocks * info.block_size_bytes >> 20; }

void print_zone(const Zone& zone, const Printer& print) {
  print(fmt::format("  Zone {:05}: {}, {}, start LBA {}, {} blocks, capacity {} blocks, write pointer LBA {}",
                    zone.index, to_string(zone.type), to_string(zone.condition), zone.start_lba, zone.length_blocks,
                    zone.capacity_blocks, zone.sequential() && !dead(zone) ? zone.write_pointer_lba : zone.start_lba));
}

void print_geometry(const DeviceInfo& info, const std::vector<Zone>& zones, bool verbose, const Printer& print) {
  const auto count = [&zones](auto&& predicate) { return std::count_if(zones.begin(), zones.end(), predicate); };
  const auto conventional = count([](const Zone& zone) { return !zone.sequential(); });
  const auto offline = count([](const Zone& zone) { return zone.condition == ZoneCondition::offline; });
  const auto read_only = count([](const Zone& zone) { return zone.condition == ZoneCondition::read_only; });
  print(fmt::format("{}: {} {}-byte blocks ({} MiB), {} device", info.path, info.capacity_blocks, info.block_size_bytes,
                    mebibytes(info, info.capacity_blocks), to_string(info.kind)));
  print(fmt::format("  {} zones of {} blocks ({} MiB): {} conventional, {} sequential", zones.size(),
                    info.zone_size_blocks, mebibytes(info, info.zone_size_blocks), conventional,
                    static_cast<std::int64_t>(zones.size()) - conventional));
  print(fmt::format("  {} offline zones, {} read-only zones", offline, read_only));
  if (!verbose) return;
  for (const Zone& zone : zones) print_zone(zone, print);
}

SuperBlock super_block_of(const FormatOptions& options) {
  SuperBlock super_block;
  super_block.label = options.label;
  super_block.uuid = options.uuid.value_or(std::array<std::uint8_t, 16>{});
  super_block.features = options.features;
  super_block.uid = options.uid;
  super_block.gid = options.gid;
  super_block.permissions = options.permissions;
  return super_block;
}

void print_summary(const SuperBlock& super_block, const FormatOptions& options, const Printer& print) {
  print("Format:");
  print(fmt::format("  Label: {}", super_block.label.empty() ? "none" : super_block.label));
  print(fmt::format("  UUID: {}", uuid_text(super_block.uuid)));
  print(fmt::format("  Aggregate conventional zones: {}",
                    super_block.features.aggregate_conventional ? "enabled" : "disabled"));
  print(
      fmt::format("  File UID: {}{}", super_block.uid, options.uid_by_default ? " (yours, as no uid= is given)" : ""));
  print(
      fmt::format("  File GID: {}{}", super_block.gid, options.gid_by_default ? " (yours, as no gid= is given)" : ""));
  print(fmt::format("  File access permissions: {:o}", super_block.permissions));
}

/// Zones that are empty already, or that no command changes any more, are left alone.
Task<Status> reset_zones(ZonedDevice& device, const std::vector<Zone>& zones) {
  for (const Zone& zone : zones) {
    if (!zone.sequential() || zone.condition == ZoneCondition::empty || dead(zone)) continue;
    const Status reset = co_await device.manage_zone(zone.index, ZoneAction::reset);
    if (!reset) co_return reset.error();
  }
  co_return Status();
}

/// `after`: what stands behind it.
Task<Status> write_super_block(ZonedDevice& device, const SuperBlock& super_block, const Zone& zone,
                               std::span<const std::byte> after) {
  const SuperBlockBytes bytes = encode(super_block);
  const Buffer buffer(bytes.size() + after.size());
  std::memcpy(buffer.data(), bytes.data(), bytes.size());
  std::copy(after.begin(), after.end(), buffer.data() + bytes.size());
  const std::span<const std::byte> data = buffer.span();
  const Status written = co_await device.write(0, data);
  if (!written) co_return written.error();
  if (zone.sequential()) {
    const Status finished = co_await device.manage_zone(0, ZoneAction::finish);
    if (!finished) co_return finished.error();
  }
  const Status flushed = co_await device.flush();
  co_return flushed;
}

}  // namespace

Task<Status> format(ZonedDevice& device, FormatOptions options, const Printer& print) {
  const DeviceInfo& info = device.info();
  const Result<std::vector<Zone>> zones = co_await report_all_zones(device);
  if (!zones) co_return zones.error();
  const Status usable = check_usable(info, *zones);
  if (!usable) co_return usable.error();
  if (!options.force) {
    const Status empty = co_await refuse_existing_content(device, *zones);
    if (!empty) co_return empty.error();
  }

  const SuperBlock super_block = super_block_of(options);
  print_geometry(info, *zones, options.verbose, print);
  print_summary(super_block, options, print);
  print("Resetting sequential zones");
  const Status reset = co_await reset_zones(device, *zones);
  if (!reset) co_return reset.error();
  print("Writing super block");
  const Zone zone_0 = zones->front();
  if (options.after_super_block.empty() && !zone_0.sequential()) {
    const Status forgotten = co_await forget_row(device, zone_0);
    if (!forgotten) co_return forgotten.error();
  }
  const Status written = co_await write_super_block(device, super_block, zone_0, options.after_super_block);
  co_return written;
}

std::string format_error_text(const Error& error) { return error.text(); }

}  // namespace zonecopy::zonefs
