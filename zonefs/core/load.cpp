// Mounts: reads the super block and the zones, and makes the files.
#include <fmt/format.h>

#include <algorithm>

#include "zonefs/core/file_system.h"

namespace zonecopy::zonefs {
namespace {

// Zones of one report: many enough that few reports are needed, and few enough that one needs little memory.
constexpr std::uint32_t report_batch_zones = 4096;

Error make_error(const ZonedDevice& device, int code, std::string detail) {
  Error error(code, "mount", std::move(detail));
  error.on_device(device.info().path);
  return error;
}

/// The zones of a device, and a file for each but the first, in the order of the zones.
struct ScannedZones {
  std::vector<ZoneType> types;  ///< of all zones
  std::vector<ZoneFile> files;  ///< of zones 1 and up
};

ZoneFile file_of(const Zone& zone, const DeviceInfo& info, const SuperBlock& super_block, Timestamp now) {
  ZoneFile file;
  file.start_lba = zone.start_lba;
  file.capacity_bytes = zone.capacity_blocks * info.block_size_bytes;
  file.sequential = zone.sequential();
  file.uid = super_block.file_uid();
  file.gid = super_block.file_gid();
  file.permissions = static_cast<std::uint16_t>(super_block.file_permissions());
  file.access_time = file.modification_time = file.change_time = now;
  file.zone_offline = zone.condition == ZoneCondition::offline;
  file.zone_read_only = zone.condition == ZoneCondition::read_only;
  if (file.immutable()) file.permissions &= static_cast<std::uint16_t>(~0777U);
  if (file.zone_offline) {
    file.size_bytes = 0;
  } else if (!file.sequential || zone.condition == ZoneCondition::full) {
    file.size_bytes = file.capacity_bytes;
  } else if (file.zone_read_only) {
    file.size_bytes = 0;  // the write pointer of a read-only zone is not known
  } else {
    file.size_bytes = (zone.write_pointer_lba - zone.start_lba) * info.block_size_bytes;
  }
  return file;
}

void warn_of_condition(const Zone& zone, const DeviceInfo& info, Log& log) {
  const std::uint64_t sector = zone.start_lba * info.block_size_bytes / 512;
  if (zone.condition == ZoneCondition::offline)
    log.write(Severity::warning, fmt::format("Zone {}: offline zone", sector));
  if (zone.condition == ZoneCondition::read_only) {
    log.write(Severity::warning, fmt::format("Zone {}: read-only zone", sector));
  }
}

/// Closes a zone that was left open: it holds an open resource that this mount may need. Not on a read-only mount.
Task<Status> close_left_open(ZonedDevice& device, const Zone& zone, Log& log) {
  if (!zone.sequential() || !is_open(zone.condition)) co_return Status();
  const bool unwritten = zone.write_pointer_lba == zone.start_lba;
  const Status done = co_await device.manage_zone(zone.index, unwritten ? ZoneAction::reset : ZoneAction::close);
  if (!done) {
    log.write(Severity::error,
              fmt::format("Zone management operation {} at {} failed {}", unwritten ? "ZONE_RESET" : "ZONE_CLOSE",
                          zone.start_lba * device.info().block_size_bytes / 512, done.error().code()));
  }
  co_return done;
}

Task<Result<ScannedZones>> scan_zones(ZonedDevice& device, const SuperBlock& super_block, bool read_only, Timestamp now,
                                      Log& log) {
  const DeviceInfo& info = device.info();
  ScannedZones scanned;
  scanned.types.reserve(info.zone_count);
  scanned.files.reserve(info.zone_count - 1);
  while (scanned.types.size() < info.zone_count) {
    const auto first = static_cast<ZoneIndex>(scanned.types.size());
    const Result<std::vector<Zone>> zones = co_await device.report_zones(first, report_batch_zones);
    if (!zones) {
      log.write(Severity::error, fmt::format("Zone report failed {}", zones.error().code()));
      co_return zones.error();
    }
    if (zones->empty()) {
      co_return make_error(device, EIO, fmt::format("Invalid zone report ({}/{} zones)", first, info.zone_count));
    }
    for (const Zone& zone : *zones) {
      scanned.types.push_back(zone.type);
      if (zone.index == 0) continue;
      warn_of_condition(zone, info, log);
      if (!read_only) {
        const Status closed = co_await close_left_open(device, zone, log);
        if (!closed) co_return closed.error();
      }
      scanned.files.push_back(file_of(zone, info, super_block, now));
    }
  }
  co_return scanned;
}

/// Adds one more conventional zone to an aggregated file. One bad zone makes the whole file bad.
void absorb(ZoneFile& file, const ZoneFile& next) {
  file.capacity_bytes += next.capacity_bytes;
  file.zone_offline = file.zone_offline || next.zone_offline;
  file.zone_read_only = !file.zone_offline && (file.zone_read_only || next.zone_read_only);
  if (file.immutable()) file.permissions &= static_cast<std::uint16_t>(~0777U);
  file.size_bytes = file.zone_offline ? 0 : file.capacity_bytes;
}

/// The files in the order of their numbers.
std::vector<ZoneFile> number_files(const Tree& tree, const std::vector<ZoneFile>& by_zone) {
  std::vector<ZoneFile> files;
  files.reserve(tree.file_count());
  for (FileNumber number = 0; number < tree.file_count(); ++number) {
    const FileZones zones = tree.zones_of(number);
    ZoneFile file = by_zone[zones.first_zone - 1];
    for (std::uint32_t next = 1; next < zones.zone_count; ++next) absorb(file, by_zone[zones.first_zone - 1 + next]);
    files.push_back(file);
  }
  return files;
}

void announce_group(const Tree& tree, Group group, Log& log) {
  const std::uint32_t count = tree.file_count(group);
  if (count == 0) return;
  log.write(Severity::info,
            fmt::format("Zone group \"{}\" has {} file{}", directory_name(group), count, count > 1 ? "s" : ""));
}

Task<Result<SuperBlock>> read_super_block(ZonedDevice& device) {
  const Buffer buffer(super_block_size_bytes);
  const std::span<std::byte> bytes = buffer.first(super_block_size_bytes);
  const Status read = co_await device.read(0, bytes);
  if (!read) co_return read.error();
  Result<SuperBlock> decoded = decode(bytes);
  if (!decoded) decoded.error().on_device(device.info().path);
  co_return decoded;
}

}  // namespace

Task<Result<std::unique_ptr<FileSystem>>> FileSystem::mount(EventLoop& loop, std::unique_ptr<ZonedDevice> device,
                                                            MountOptions options, Log& log, Clock clock) {
  const Result<SuperBlock> super_block = co_await read_super_block(*device);
  if (!super_block) co_return super_block.error();
  const DeviceInfo& info = device->info();
  log.write(Severity::info, fmt::format("Mounting {} zones", info.zone_count));
  log.write(Severity::info,
            fmt::format("{} device, copies are {}", to_string(info.kind), describe_copies(info, options.copy.mode)));
  if (options.explicit_open && info.resource_limits.max_open_zones == 0 && info.resource_limits.max_active_zones == 0) {
    options.explicit_open = false;
    log.write(Severity::info, "No open and active zone limits. Ignoring explicit_open mount option");
  }
  const Timestamp now = Timestamp::from_nanoseconds(clock());
  const Result<ScannedZones> scanned = co_await scan_zones(*device, *super_block, options.read_only, now, log);
  if (!scanned) co_return scanned.error();
  Tree tree(scanned->types, super_block->features.aggregate_conventional);
  std::vector<ZoneFile> files = number_files(tree, scanned->files);
  announce_group(tree, Group::conventional, log);
  announce_group(tree, Group::sequential, log);
  co_return std::unique_ptr<FileSystem>(new FileSystem(loop, std::move(device), std::move(options), log,
                                                       std::move(clock), *super_block, std::move(tree),
                                                       std::move(files)));
}

}  // namespace zonecopy::zonefs
