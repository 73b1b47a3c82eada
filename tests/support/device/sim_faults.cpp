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
    return fault->code;
  }
  if (const int refused = zones_.begin_write(lba, record.blocks); refused != 0) return refused;
  zones_.store(lba, data);
  record.blocks_acknowledged = record.blocks;
  return 0;
}

std::optional<CopyFailure> SimDevice::land_copy(const SimDevice& source, const CopyCommand& command,
                                                const std::optional<Fault>& fault, CommandRecord& record) {
  std::vector<std::byte> data;
  for (const CopyRange& range : command.ranges) {
    const int refused = source.zones_.readable(range.start_lba, range.blocks);
    if (refused != 0) record.code = refused;
    const std::vector<std::byte> piece = source.bytes(range.start_lba, range.blocks);
    data.insert(data.end(), piece.begin(), piece.end());
  }
  if (record.code == 0 || (fault && fault->fails())) {
    std::optional<Fault> torn = fault;
    const std::span<const CopyRange> done =
        std::span(command.ranges)
            .first(fault ? std::min<std::size_t>(fault->ranges_done, command.ranges.size() - 1)
                         : 0);  // one at least failed
    if (torn) torn->blocks_landed = std::max(torn->blocks_landed, blocks_of_ranges(done));
    record.code = land(command.destination_lba, data, torn, blocks_of_ranges(done), record);
  }
  record.fall_back = fault && fault->fall_back;
  if (record.code == 0 && !record.fall_back) return std::nullopt;
  const int code = record.fall_back && record.code == 0 ? EOPNOTSUPP : record.code;
  return CopyFailure{record.fall_back ? CopyDecision::fall_back : CopyDecision::fail,
                     error(code, "copy", record.zone, record.lba)};
}

}  // namespace zonecopy::test
