// How the copies and gathers between several devices, and the faults of one of them, are chosen.
#include <algorithm>

#include "tests/model/several_harness.h"

namespace zonecopy::test {

/// Where a device fails or refuses for want of a zone, the model knows what follows for whole blocks at the end.
bool SeveralHarness::whole_blocks_only(const Asked& asked) const {
  const Harness& to = *devices_[asked.to];
  bool fails = to.with_faults();
  for (const Place& piece : asked.pieces) fails = fails || devices_[piece.device]->with_faults();
  return fails || to.model().limits_zones() || to.model().options().strict;
}

SeveralHarness::Place SeveralHarness::choose_piece(std::size_t device, bool whole_blocks,
                                                   std::uint64_t block_size_bytes) {
  const ReferenceModel& model = devices_[device]->model();
  Place piece;
  piece.device = device;
  for (int tries = 0; tries < 3; ++tries) {  // prefer a file that has something in it
    piece.file = random_.below(model.files().size());
    if (model.file(piece.file).size_bytes != 0) break;
  }
  const ModelFile& source = model.file(piece.file);
  const std::uint64_t end_bytes = whole_blocks ? source.size_bytes : source.length_bytes();
  const std::uint64_t unit = whole_blocks ? block_size_bytes : std::uint64_t{1} << random_.below(10);
  piece.offset_bytes = random_.percent(30) ? 0 : random_.below(end_bytes / unit + 1) * unit;
  piece.length_bytes = random_.between(0, 8) * unit;
  if (random_.percent(20)) piece.length_bytes = source.capacity_bytes;
  const std::uint64_t left_bytes = end_bytes - std::min(end_bytes, piece.offset_bytes);
  if (whole_blocks || random_.percent(90)) piece.length_bytes = std::min(piece.length_bytes, left_bytes);
  if (whole_blocks) piece.length_bytes -= piece.length_bytes % unit;
  return piece;
}

void SeveralHarness::choose_destination(Asked& asked, bool whole_blocks) {
  const ReferenceModel& model = devices_[asked.to]->model();
  const ModelFile& file = model.file(asked.destination);
  const std::uint64_t block = model.block_size_bytes();
  if (!file.sequential) {
    asked.offset_bytes = random_.below(file.capacity_bytes / block + 1) * block;
    if (!whole_blocks) asked.offset_bytes = random_.below(file.capacity_bytes + block);
    return;
  }
  if (random_.percent(10)) asked.offset_bytes = file.length_bytes();
  if (random_.percent(5)) asked.offset_bytes = random_.below(file.size_bytes / block + 1) * block;
  if (!whole_blocks && random_.percent(5)) asked.offset_bytes = file.length_bytes() + random_.below(2 * block);
}

/// On the device that fails, if it has a part in what is asked.
void SeveralHarness::choose_faults(const Asked& asked) {
  if (!random_.percent(30)) return;
  for (std::size_t device = 0; device < devices_.size(); ++device) {
    if (!devices_[device]->with_faults()) continue;
    const auto on_it = [device](const Place& piece) { return piece.device == device; };
    const bool of_source = std::ranges::any_of(asked.pieces, on_it) && (asked.to != device || random_.percent(50));
    if (!of_source && asked.to != device) return;
    devices_[device]->device().inject(choose_fault(of_source));
    remember("    with a fault of " + name_of(device) + (of_source ? " as the source" : ""));
    if (!random_.percent(10)) return;
    Fault report;
    report.command = Command::report;
    devices_[device]->device().inject(report);
    remember("    and of its report");
    return;
  }
}

Fault SeveralHarness::choose_fault(bool of_source) {
  Fault fault;
  if (of_source || random_.percent(60)) fault.command = of_source ? Command::read : Command::copy;
  fault.skip = random_.below(3);
  if (!of_source) fault.blocks_landed = random_.percent(50) ? random_.between(1, 6) : 0;
  if (fault.command == Command::copy) {
    fault.fall_back = random_.percent(30);
    if (fault.fall_back) fault.blocks_landed = 0;
    else fault.ranges_done = static_cast<std::uint32_t>(random_.below(3));
    fault.source_fails = !fault.fall_back && random_.percent(30);
  }
  if (random_.percent(10)) {
    fault.zone_becomes = random_.percent(50) ? ZoneCondition::read_only : ZoneCondition::offline;
    fault.code = random_.percent(50) ? 0 : EIO;
  } else if (!of_source && random_.percent(15)) {
    fault.foreign_blocks = random_.between(1, 4);
    fault.code = random_.percent(70) ? 0 : EIO;
  }
  return fault;
}

}  // namespace zonecopy::test
