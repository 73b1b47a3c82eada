// What the faults of a simulated device do to its commands, zones and media.
#include <algorithm>

#include "tests/support/device/sim_device.h"

namespace zonecopy::test {

namespace {

std::uint64_t blocks_of_ranges(std::span<const CopyRange> ranges) {
  std::uint64_t blocks = 0;
  for (const CopyRange& range : ranges) blocks += range.blocks;
  return blocks;
}

}  // namespace

std::optional<Fault> SimDevice::next_fault(Command command, ZoneIndex zone) {
  for (Armed& armed : faults_) {
    if (armed.fault.command && *armed.fault.command != command) continue;
    if (armed.fault.zone && *armed.fault.zone != zone) continue;
    if (armed.seen++ < armed.fault.skip || armed.fired >= armed.fault.times) continue;
    ++armed.fired;
    return armed.fault;
  }
  return std::nullopt;
}

bool SimDevice::fault_fired() const {
  return std::any_of(faults_.begin(), faults_.end(), [](const Armed& armed) { return armed.fired > 0; });
}

/// The word for what a zone has refused with `code`.
void SimDevice::name_refusal(CommandRecord& record, ZoneIndex zone, int code) const {
  const ZoneCondition condition = zones_[zone].zone.condition;
  switch (code) {
    case EFBIG: record.refusal = condition == ZoneCondition::full ? ZoneRefusal::full : ZoneRefusal::boundary; break;
    case EROFS: record.refusal = ZoneRefusal::read_only; break;
    case EIO:
      record.refusal = condition == ZoneCondition::offline ? ZoneRefusal::offline : ZoneRefusal::invalid_write;
      break;
    case EINVAL: record.refusal = ZoneRefusal::invalid_transition; break;
    case ETOOMANYREFS: record.refusal = ZoneRefusal::too_many_open; break;
    case EOVERFLOW: record.refusal = ZoneRefusal::too_many_active; break;
    default: break;
  }
}

void SimDevice::disturb(const std::optional<Fault>& fault, ZoneIndex zone) {
  if (!fault || zone >= zones_.count()) return;
  if (fault->foreign_blocks != 0) zones_.foreign_write(zone, fault->foreign_blocks);
  if (fault->zone_becomes) zones_.turn(zone, *fault->zone_becomes);
}

/// Carries a write or append out, or as much of it as the fault lets land.
/// `acknowledged_blocks` of those count as done although the command fails.
int SimDevice::land(Lba lba, std::span<const std::byte> data, const std::optional<Fault>& fault,
                    std::uint64_t acknowledged_blocks, CommandRecord& record) {
  record.injected = fault.has_value();
  if (fault && fault->fails()) {
    std::uint64_t landed = std::min(fault->blocks_landed, record.blocks);
    if (landed != 0 && zones_.begin_write(lba, landed) != 0) landed = 0;
    if (landed != 0) zones_.store(lba, data.first(landed * info_.block_size_bytes));
    if (landed >= acknowledged_blocks) record.blocks_acknowledged = acknowledged_blocks;
    // Also where nothing landed: of a host's write in several commands the first ones are there.
    zones_[record.zone].disturbed = true;
    const bool no_zone_left = fault->code == ETOOMANYREFS || fault->code == EOVERFLOW;
    if (no_zone_left) name_refusal(record, record.zone, fault->code);
    return fault->code;
  }
  if (const int refused = zones_.begin_write(lba, record.blocks); refused != 0) {
    name_refusal(record, record.zone, refused);
    return refused;
  }
  zones_.store(lba, data);
  record.blocks_acknowledged = record.blocks;
  return 0;
}

std::optional<CopyFailure> SimDevice::land_copy(const SimDevice& source, const CopyCommand& command,
                                                const std::optional<Fault>& fault, CommandRecord& record) {
  std::vector<std::byte> data;
  for (const CopyRange& range : command.ranges) {
    const int refused = source.zones_.readable(range.start_lba, range.blocks);
    if (refused != 0) {
      record.code = refused;
      record.side = CopySide::source;
      source.name_refusal(record, source.info_.zone_of(range.start_lba), refused);
    }
    const std::vector<std::byte> piece = source.bytes(range.start_lba, range.blocks);
    data.insert(data.end(), piece.begin(), piece.end());
  }
  if (record.code == 0 || (fault && fault->fails())) {
    std::optional<Fault> torn = fault;
    const std::span<const CopyRange> done =
        std::span(command.ranges)
            .first(fault ? std::min<std::size_t>(fault->ranges_done, command.ranges.size() - 1)
                         : 0);  // one at least failed
    // A device that names the source has a destination that is as it reports it.
    if (torn && torn->source_fails) torn->blocks_landed = 0;
    if (torn) torn->blocks_landed = std::max(torn->blocks_landed, blocks_of_ranges(done));
    record.code = land(command.destination_lba, data, torn, blocks_of_ranges(done), record);
    if (record.code != 0) record.side = fault && fault->source_fails ? CopySide::source : CopySide::destination;
  }
  record.fall_back = fault && fault->fall_back;
  if (record.code == 0 && !record.fall_back) return std::nullopt;
  if (record.fall_back && record.code == 0) record.code = EOPNOTSUPP;
  if (!record.fall_back) return CopyFailure{CopyDecision::fail, make_error(record, "copy")};
  return CopyFailure{fault->never ? CopyDecision::never : CopyDecision::fall_back, make_error(record, "copy")};
}

}  // namespace zonecopy::test
