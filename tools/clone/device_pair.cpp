#include "tools/clone/device_pair.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "zonecopy/copy.h"
#include "zonecopy/open_device.h"
#include "zonefs/format/checks.h"
#include "zonefs/host/mounted_device.h"

namespace zonecopy::cloning {
namespace {

Error make_error(const std::string& path, int code, std::string detail) {
  return Error(code, "clone", std::move(detail)).on_device(path);
}

Error in_use_error(const std::string& path, const Error& error) {
  if (error.code() != EBUSY) return error;
  const Result<std::optional<std::string>> mounted = zonefs::mount_point_of_device(path);
  if (!mounted || !mounted->has_value()) return error;
  return make_error(path, EBUSY,
                    fmt::format("it is mounted at {}: unmount it, or clone between folders of mounts", **mounted));
}

Health health_of(ZoneCondition condition) {
  if (condition == ZoneCondition::offline) return Health::offline;
  return condition == ZoneCondition::read_only ? Health::read_only : Health::good;
}

std::uint64_t data_blocks(const Zone& zone) {
  if (!zone.sequential() || zone.condition == ZoneCondition::full) return zone.capacity_blocks;
  return is_active(zone.condition) ? zone.write_pointer_lba - zone.start_lba : 0;
}

Side side_of(const DeviceInfo& info, const std::vector<Zone>& zones) {
  const std::uint64_t block_bytes = info.block_size_bytes;
  Side side;
  side.name = info.path;
  side.block_size_bytes = block_bytes;
  side.zone_size_bytes = info.zone_size_blocks * block_bytes;
  side.limits = info.resource_limits;
  for (const Zone& zone : zones) {
    ZoneFacts facts;
    facts.name = fmt::format("zone {}", zone.index);
    facts.sequential = zone.sequential();
    facts.full = zone.condition == ZoneCondition::full;
    facts.active = is_active(zone.condition);
    facts.health = health_of(zone.condition);
    facts.size_bytes = data_blocks(zone) * block_bytes;
    facts.capacity_bytes = zone.capacity_blocks * block_bytes;
    side.zones.push_back(std::move(facts));
  }
  return side;
}

Lba lba_of(const DeviceInfo& info, std::size_t zone, std::uint64_t offset_bytes) {
  return info.zone_start(static_cast<ZoneIndex>(zone)) + offset_bytes / info.block_size_bytes;
}

/// Passes on what is copied, and ends the copy when the clone is to stop.
class WatchedPace final : public CopyPace {
 public:
  explicit WatchedPace(const Watch& watch) : watch_(watch) {}
  [[nodiscard]] const CancelToken& token() const { return token_; }

  Task<void> before(std::uint64_t, const CancelToken*) override {
    if (watch_.stopped()) token_.request();
    co_return;
  }
  void copied(std::uint64_t bytes) override { watch_.copied(bytes); }

 private:
  const Watch& watch_;
  CancelToken token_;
};

}  // namespace

Result<std::unique_ptr<DevicePair>> DevicePair::open(EventLoop& loop, const std::string& source,
                                                     const std::string& destination, const Watch& watch) {
  const std::string source_id = device_id_of(source);
  if (!source_id.empty() && source_id == device_id_of(destination)) {
    return make_error(destination, EINVAL, "source and destination are the same device");
  }
  OpenOptions options;
  options.read_only = true;
  Result<std::unique_ptr<ZonedDevice>> from = open_device(loop, source, options);
  if (!from) return in_use_error(source, from.error());
  Result<std::unique_ptr<ZonedDevice>> to = open_device(loop, destination, options);
  if (!to) return in_use_error(destination, to.error());
  // A path may have come to lead elsewhere since it was looked at.
  if (const std::string id = (*from)->identity().id; !id.empty() && id == (*to)->identity().id) {
    return make_error(destination, EINVAL, "source and destination are the same device");
  }
  return std::make_unique<DevicePair>(loop, std::move(*from), std::move(*to), watch);
}

Task<Status> DevicePair::load() {
  Result<std::vector<Zone>> from = co_await zonefs::report_all_zones(*from_);
  if (!from) co_return from.error();
  Result<std::vector<Zone>> to = co_await zonefs::report_all_zones(*to_);
  if (!to) co_return to.error();
  source_ = side_of(from_->info(), *from);
  destination_ = side_of(to_->info(), *to);
  source_zones_ = std::move(*from);
  destination_zones_ = std::move(*to);
  co_return Status();
}

std::uint64_t DevicePair::read_max_bytes() const {
  return std::min(from_->info().max_transfer_bytes, to_->info().max_transfer_bytes);
}

Task<Status> DevicePair::read_source(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) {
  const Lba lba = lba_of(from_->info(), zone, offset_bytes);
  const Status read = co_await from_->read(lba, data);
  co_return read;
}

Task<Status> DevicePair::read_destination(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) {
  const Lba lba = lba_of(to_->info(), zone, offset_bytes);
  const Status read = co_await to_->read(lba, data);
  co_return read;
}

Task<Result<Zone>> DevicePair::report(std::size_t zone) {
  const Result<std::vector<Zone>> zones = co_await to_->report_zones(static_cast<ZoneIndex>(zone), 1);
  if (!zones) co_return zones.error();
  if (zones->empty()) co_return make_error(to_->info().path, EIO, fmt::format("zone {} is not reported", zone));
  co_return zones->front();
}

Task<Result<std::uint64_t>> DevicePair::destination_end(std::size_t zone) {
  const Result<Zone> now = co_await report(zone);
  if (!now) co_return now.error();
  co_return data_blocks(*now) * to_->info().block_size_bytes;
}

Status DevicePair::make_writable() {
  const Status writable = to_->make_writable();
  return writable ? writable : in_use_error(to_->info().path, writable.error());
}

Task<Copied> DevicePair::copy(const ZoneTask& task, ByteRange range) {
  const std::uint64_t block_bytes = from_->info().block_size_bytes;
  const std::uint64_t blocks = (range.end_bytes - range.begin_bytes) / block_bytes;
  CopyJob job;
  job.sources.push_back({lba_of(from_->info(), task.source, range.begin_bytes), blocks});
  job.destination = {lba_of(to_->info(), task.destination, range.begin_bytes), blocks};
  WatchedPace pace(watch_);
  CopyOptions options;
  options.pace = &pace;
  if (!task.sequential) options.writes_in_flight = options.read_ahead_depth;
  CopyReport report = co_await zonecopy::copy(loop_, *from_, *to_, std::move(job), options, &pace.token());
  Copied copied;
  copied.bytes_offloaded = report.blocks_offloaded * block_bytes;
  copied.bytes_kernel = report.blocks_kernel * block_bytes;
  copied.bytes_emulated = report.blocks_emulated * block_bytes;
  copied.commands = report.copy_commands;
  copied.not_offloaded_because = report.fallback_reason.value_or("");
  copied.error = std::move(report.error);
  if (!copied.error && report.blocks() != blocks) {
    copied.error = make_error(to_->info().path, EIO, fmt::format("zone {} took a part of the data", task.destination));
  }
  co_return copied;
}

Task<Status> DevicePair::reset(std::size_t zone) {
  const Status reset = co_await to_->manage_zone(static_cast<ZoneIndex>(zone), ZoneAction::reset);
  co_return reset;
}

Task<Status> DevicePair::finish(std::size_t zone) {
  const Status finished = co_await to_->manage_zone(static_cast<ZoneIndex>(zone), ZoneAction::finish);
  co_return finished;
}

Task<Status> DevicePair::close(std::size_t zone) {
  const Result<Zone> now = co_await report(zone);
  if (!now) co_return now.error();
  if (!is_open(now->condition)) co_return Status();
  const Status closed = co_await to_->manage_zone(static_cast<ZoneIndex>(zone), ZoneAction::close);
  co_return closed;
}

Task<Status> DevicePair::flush() {
  const Status flushed = co_await to_->flush();
  co_return flushed;
}

}  // namespace zonecopy::cloning
