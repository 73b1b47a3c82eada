#include "tests/support/device/sim_device.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace zonecopy::test {

namespace {

DeviceInfo info_of(const SimSpec& spec, const SimZones& zones) {
  DeviceInfo info;
  info.path = spec.path;
  info.kind = DeviceKind::simulated;
  info.block_size_bytes = spec.block_size_bytes;
  info.zone_size_blocks = spec.zone_size_blocks;
  info.zone_count = zones.count();
  info.capacity_blocks = zones.capacity_blocks();
  info.max_transfer_bytes = spec.max_transfer_bytes;
  info.max_append_bytes = spec.max_append_bytes;
  info.resource_limits = spec.resource_limits;
  info.copy_limits = spec.copy_limits;
  if (spec.copy_limits.available()) info.copy_mechanism = "simulated Copy";
  else info.copy_unavailable = "the simulated device has no Copy";
  if (spec.kernel_copies && spec.copy_limits.available()) info.copy_moves_data = "the simulated kernel moves the data";
  return info;
}

Command command_of(ZoneAction action) {
  switch (action) {
    case ZoneAction::open: return Command::open;
    case ZoneAction::close: return Command::close;
    case ZoneAction::finish: return Command::finish;
    case ZoneAction::reset: return Command::reset;
  }
  return Command::reset;
}

}  // namespace

/// Counts a command as under way for as long as it lives.
class SimDevice::InFlight {
 public:
  InFlight(SimDevice& device, Command command) : device_(device), kind_(static_cast<std::size_t>(command)) {
    ++device_.counts_[kind_];
    ++device_.in_flight_[kind_];
    device_.peaks_[kind_] = std::max(device_.peaks_[kind_], device_.in_flight_[kind_]);
    if (device_.on_command_) device_.on_command_(command);
  }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  ~InFlight() { --device_.in_flight_[kind_]; }

 private:
  SimDevice& device_;
  std::size_t kind_;
};

SimDevice::SimDevice(const SimSpec& spec)
    : spec_(spec), zones_(spec), random_(spec.seed ^ 0x73696d646576U), copies_of_zone_(zones_.count()) {
  info_ = info_of(spec_, zones_);
  going_.set();
}

SimDevice::~SimDevice() { EXPECT_EQ(in_flight(), 0U) << "device " << spec_.path << " closed with commands under way"; }

Task<Result<std::vector<Zone>>> SimDevice::report_zones(ZoneIndex first, std::uint32_t count) {
  const InFlight counted(*this, Command::report);
  const std::optional<Fault> fault = next_fault(Command::report, first);
  co_await delay();
  disturb(fault, first);
  CommandRecord record{Command::report, first, info_.zone_start(first), 0, {}, 0, fault.has_value(), false, 0};
  if (fault && fault->fails()) record.code = fault->code;
  keep(record);
  std::vector<Zone> zones;
  for (ZoneIndex index = first; index < zones_.count() && zones.size() < count; ++index) {
    zones.push_back(zones_[index].zone);
    // "Meaningless" is made to look it, so that nobody relies on it.
    const ZoneCondition condition = zones.back().condition;
    if (!zones.back().sequential() || condition == ZoneCondition::full || condition == ZoneCondition::offline) {
      zones.back().write_pointer_lba = ~Lba{0};
    }
  }
  co_await delay();
  if (record.code != 0) co_return make_error(record, "report zones");
  co_return zones;
}

Task<Status> SimDevice::read(Lba lba, std::span<std::byte> data) {
  const InFlight counted(*this, Command::read);
  check_transfer(lba, data.size(), info_.max_transfer_bytes, "read");
  const ZoneIndex zone = info_.zone_of(lba);
  const std::uint64_t blocks = data.size() / info_.block_size_bytes;
  const std::optional<Fault> fault = next_fault(Command::read, zone);
  co_await delay();
  disturb(fault, zone);
  CommandRecord record{Command::read, zone, lba, blocks, {}, 0, fault.has_value(), false, 0};
  const bool fails = fault && fault->fails();
  record.code = fails ? fault->code : zones_.readable(lba, blocks);
  if (!fails) name_refusal(record, zone, record.code);
  keep(record);
  if (record.code == 0) zones_.load(lba, data);
  co_await delay();
  if (record.code != 0) co_return make_error(record, "read");
  co_return Status();
}

Task<Status> SimDevice::write(Lba lba, std::span<const std::byte> data) {
  check_transfer(lba, data.size(), info_.max_transfer_bytes, "write");
  return carry_out_write(Command::write, lba, data);
}

Task<Status> SimDevice::write_zeroes(Lba lba, std::uint64_t blocks) {
  const std::vector<std::byte> data(blocks * info_.block_size_bytes);
  check_transfer(lba, data.size(), std::numeric_limits<std::uint32_t>::max(), "write zeroes");
  const Status done = co_await carry_out_write(Command::zeroes, lba, data);
  co_return done;
}

Task<Status> SimDevice::carry_out_write(Command command, Lba lba, std::span<const std::byte> data) {
  const InFlight counted(*this, command);
  const ZoneIndex zone = info_.zone_of(lba);
  const std::optional<Fault> fault = next_fault(command, zone);
  CommandRecord record{command, zone, lba, data.size() / info_.block_size_bytes, {}, 0, false, false, 0};
  KeyedLocks::Guard turn = co_await order_.exclusive(zone);
  co_await delay();
  disturb(fault, zone);
  record.code = land(lba, data, fault, 0, record);
  keep(record);
  turn.release();
  co_await delay();
  if (record.code != 0) co_return make_error(record, to_string(command));
  co_return Status();
}

Task<Result<Lba>> SimDevice::append(ZoneIndex zone, std::span<const std::byte> data) {
  const InFlight counted(*this, Command::append);
  check_transfer(info_.zone_start(zone), data.size(), info_.max_append_bytes, "append");
  const std::optional<Fault> fault = next_fault(Command::append, zone);
  CommandRecord record{Command::append, zone, 0, data.size() / info_.block_size_bytes, {}, 0, false, false, 0};
  KeyedLocks::Guard turn = co_await order_.exclusive(zone);
  co_await delay();
  disturb(fault, zone);
  // The write pointer of a full zone may be where the next one starts.
  const Zone& now = zones_[zone].zone;
  record.lba = now.condition == ZoneCondition::full ? now.start_lba : now.write_pointer_lba;
  record.code = land(record.lba, data, fault, 0, record);
  keep(record);
  turn.release();
  co_await delay();
  if (record.code != 0) co_return make_error(record, "append");
  co_return record.lba;
}

Task<CopyOutcome> SimDevice::copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) {
  const InFlight counted(*this, Command::copy);
  auto* from = dynamic_cast<SimDevice*>(&source);
  if (from == nullptr) throw std::logic_error("Copy from a device of another kind");
  EXPECT_TRUE(command.kernel_may_move || !spec_.kernel_copies) << "the kernel moves data where that is forbidden";
  check_copy(*from, command);
  const ZoneIndex zone = info_.zone_of(command.destination_lba);
  const std::optional<Fault> fault = next_fault(Command::copy, zone);
  CommandRecord record{Command::copy, zone, command.destination_lba, command.blocks(), command.ranges, 0, false,
                       false,         0};
  record.source = from;
  peak_copies_of_a_zone_ = std::max(peak_copies_of_a_zone_, ++copies_of_zone_[zone]);
  KeyedLocks::Guard turn = co_await order_.exclusive(zone);
  co_await delay();
  CopyOutcome outcome;
  const bool cancelled = cancel != nullptr && cancel->requested();
  if (!cancelled) {
    disturb(fault, zone);
    outcome.failure = land_copy(*from, command, fault, record);
    if (outcome.failure) note_refusal(info_, *outcome.failure);
    outcome.blocks_copied = record.blocks_acknowledged;
    if (spec_.kernel_copies) {
      outcome.blocks_by_kernel = outcome.blocks_copied;
      outcome.kernel_reason = info_.copy_moves_data;
    }
    keep(record);
  }
  turn.release();
  co_await delay();
  --copies_of_zone_[zone];
  co_return outcome;
}

CopyRoute SimDevice::copy_route(const ZonedDevice& source) const {
  const auto* other = dynamic_cast<const SimDevice*>(&source);
  const bool across = spec_.copies_across_devices && other != nullptr && other != this &&
                      other->info_.block_size_bytes == info_.block_size_bytes;
  if (!across) return ZonedDevice::copy_route(source);
  CopyRoute route = ZonedDevice::copy_route(*this);
  // As between two namespaces: the length of a range is the source's to limit.
  const std::uint32_t range_max_blocks = other->info_.copy_limits.max_range_blocks;
  if (range_max_blocks != 0) route.limits.max_range_blocks = std::min(route.limits.max_range_blocks, range_max_blocks);
  return route;
}

Task<Status> SimDevice::manage_zone(ZoneIndex zone, ZoneAction action) {
  const Command command = command_of(action);
  const InFlight counted(*this, command);
  const std::optional<Fault> fault = next_fault(command, zone);
  CommandRecord record{command, zone, info_.zone_start(zone), 0, {}, 0, fault.has_value(), false, 0};
  KeyedLocks::Guard turn = co_await order_.exclusive(zone);
  co_await delay();
  disturb(fault, zone);
  const bool fails = fault && fault->fails();
  if (!fails || fault->takes_effect) record.code = manage(zone, action);
  if (fails) record.code = fault->code;
  if (!fails) name_refusal(record, zone, record.code);
  keep(record);
  turn.release();
  co_await delay();
  if (record.code != 0) co_return make_error(record, to_string(command));
  co_return Status();
}

Task<Status> SimDevice::flush() {
  const InFlight counted(*this, Command::flush);
  const std::optional<Fault> fault = next_fault(Command::flush, 0);
  co_await delay();
  CommandRecord record{Command::flush, 0, 0, 0, {}, 0, fault.has_value(), false, 0};
  if (fault && fault->fails()) record.code = fault->code;
  keep(record);
  // What was written before it is there, and yet the host may not count it.
  for (ZoneIndex zone = 0; record.code != 0 && zone < zones_.count(); ++zone) zones_[zone].disturbed = true;
  co_await delay();
  if (record.code != 0) co_return make_error(record, "flush");
  co_return Status();
}

Task<void> SimDevice::delay() {
  for (std::uint64_t turns = random_.below(spec_.max_delay + 1ULL); turns > 0; --turns) co_await Yield();
  co_await going_;
}

int SimDevice::manage(ZoneIndex zone, ZoneAction action) {
  switch (action) {
    case ZoneAction::open: return zones_.open(zone);
    case ZoneAction::close: return zones_.close(zone);
    case ZoneAction::finish: return zones_.finish(zone);
    case ZoneAction::reset: return zones_.reset(zone);
  }
  return EINVAL;
}

void SimDevice::keep(CommandRecord record) {
  check_refusal(record);
  log_.push_back(std::move(record));
}

Error SimDevice::make_error(const CommandRecord& record, const char* operation) const {
  Error made(record.code, operation, "simulated");
  made.at_zone(record.zone).at_lba(record.lba).on_device(spec_.path);
  return made.with_zone_refusal(record.refusal).on_side(record.side);
}

std::uint64_t SimDevice::commands() const { return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}); }

std::uint64_t SimDevice::in_flight() const {
  return std::accumulate(in_flight_.begin(), in_flight_.end(), std::uint64_t{0});
}

std::vector<std::byte> SimDevice::bytes(Lba lba, std::uint64_t blocks) const {
  std::vector<std::byte> data(blocks * info_.block_size_bytes);
  zones_.load(lba, data);
  return data;
}

void SimDevice::preload(Lba lba, std::span<const std::byte> data) {
  zones_.store(lba, data);
  Zone& zone = zones_[info_.zone_of(lba)].zone;
  if (zone.condition == ZoneCondition::empty) zone.condition = ZoneCondition::closed;
}

std::uint64_t SimDevice::written_blocks(ZoneIndex zone) const {
  return zones_[zone].zone.write_pointer_lba - zones_[zone].zone.start_lba;
}

}  // namespace zonecopy::test
