// What is compared after a copy or a gather between several devices, besides each device with its model.
#include <algorithm>
#include <map>

#include "tests/model/copy_fixture.h"
#include "tests/model/several_harness.h"

namespace zonecopy::test {

SeveralHarness::Difference SeveralHarness::compare(const Asked& asked, const Actual& actual, const Apply& apply,
                                                   Models& models, Choice choice) {
  const GatherOutcome expected = apply(models, all_say(), choice);
  const Outcome& outcome = expected.outcome;
  if (!outcome.accepts(actual.error) || outcome.bytes != actual.bytes || expected.failed != actual.failed) {
    return "expected errno " + std::to_string(outcome.error) + ", " + std::to_string(outcome.bytes) +
           " bytes and piece " + std::to_string(expected.failed) + ", got errno " + std::to_string(actual.error) +
           ", " + std::to_string(actual.bytes) + " bytes and piece " + std::to_string(actual.failed);
  }
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    if (Difference difference = devices_[i]->compare_state(models[i])) return name_of(i) + ": " + *difference;
  }
  std::vector<bool> involved(devices_.size());
  involved[asked.to] = true;
  for (const Place& piece : asked.pieces) involved[piece.device] = true;
  return compare_quiet(involved);
}

SeveralHarness::Difference SeveralHarness::settle(const Asked& asked, const Actual& actual, const Apply& apply) {
  bool well = true;
  for (const DeviceSays& says : all_say()) well = well && says.all_well();
  Difference first;
  const std::size_t choices = well ? 1 : 8 * asked.pieces.size();
  for (std::size_t number = 0; number < choices; ++number) {
    Models candidates = models();
    const Choice choice{(number & 1U) != 0, (number & 2U) == 0, (number & 4U) != 0, number / 8};
    const Difference difference = compare(asked, actual, apply, candidates, choice);
    if (!difference) {
      for (std::size_t i = 0; i < devices_.size(); ++i) devices_[i]->adopt(candidates[i]);
      return std::nullopt;
    }
    if (!first) first = difference;
  }
  return first;
}

/// A device that has no part in an operation gets no command.
SeveralHarness::Difference SeveralHarness::compare_quiet(const std::vector<bool>& involved) const {
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    const std::vector<CommandRecord>& log = devices_[i]->device().log();
    if (!involved[i] && !log.empty()) return name_of(i) + " got a command for nothing: " + describe(log.front());
    if (Difference difference = devices_[i]->compare_state(devices_[i]->model()); difference && !involved[i]) {
      return name_of(i) + " has changed for nothing: " + *difference;
    }
  }
  return std::nullopt;
}

namespace {

/// Bytes of each pair that have come since `before`, by the name of the source.
std::map<std::string, zonefs::BytesFrom> growth(const std::vector<zonefs::BytesFrom>& before,
                                                const std::vector<zonefs::BytesFrom>& after) {
  std::map<std::string, zonefs::BytesFrom> grown;
  for (const zonefs::BytesFrom& each : after) grown[each.device] = each;
  for (const zonefs::BytesFrom& each : before) {
    grown[each.device].offloaded -= each.offloaded;
    grown[each.device].kernel -= each.kernel;
    grown[each.device].emulated -= each.emulated;
  }
  return grown;
}

}  // namespace

/// Whether every byte that was copied is of a whole block that lies alike in source and destination.
bool SeveralHarness::in_blocks(const Asked& asked, std::uint64_t bytes, const Models& before) const {
  const ReferenceModel& to = before[asked.to];
  std::uint64_t offset_bytes = asked.offset_bytes.value_or(to.file(asked.destination).length_bytes());
  if (to.file(asked.destination).sequential && offset_bytes != to.file(asked.destination).size_bytes) return false;
  for (const Place& piece : asked.pieces) {
    const std::uint64_t length_bytes = std::min(piece.length_bytes, bytes);
    const ModelCopy copy{piece.file, piece.offset_bytes, asked.destination, offset_bytes, length_bytes};
    const std::uint64_t blocks = to.whole_blocks(before[piece.device], copy, length_bytes);
    if (blocks * to.block_size_bytes() != length_bytes) return false;
    offset_bytes += length_bytes;
    bytes -= length_bytes;
  }
  return true;
}

/// Every byte is counted once, for its way and for its source, and the commands are those that the devices were sent.
SeveralHarness::Difference SeveralHarness::compare_counters(const Asked& asked, const Actual& actual,
                                                            const Models& before, const zonefs::Counters& counters,
                                                            const std::vector<zonefs::BytesFrom>& from) {
  const Harness& to = *devices_[asked.to];
  const zonefs::FileSystem& files = devices_[asked.to]->file_system();
  const std::uint64_t block = before[asked.to].block_size_bytes();
  std::map<std::string, zonefs::BytesFrom> grown = growth(from, files.bytes_from());
  std::map<std::size_t, std::uint64_t> expected;
  std::uint64_t left_bytes = actual.bytes;
  bool different_blocks = false;
  for (const Place& piece : asked.pieces) {
    const std::uint64_t taken = std::min(left_bytes, piece.length_bytes);
    expected[piece.device] += taken;
    left_bytes -= taken;
    if (piece.device != asked.to) bytes_across_ += taken;
    different_blocks = different_blocks || before[piece.device].block_size_bytes() != block;
  }
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    const zonefs::BytesFrom& pair = grown[name_of(i)];
    const CopyRoute route = devices_[asked.to]->device().copy_route(devices_[i]->device());
    std::uint64_t by_command = 0;
    for (const CommandRecord& record : devices_[asked.to]->device().log()) {
      if (record.source == &devices_[i]->device()) by_command += record.blocks_acknowledged * block;
    }
    const std::uint64_t counted = route.path == CopyPath::kernel ? pair.kernel : pair.offloaded;
    if (by_command != counted || pair.offloaded + pair.kernel + pair.emulated != expected[i]) {
      return name_of(asked.to) + " counts from " + name_of(i) + ": offloaded " + std::to_string(pair.offloaded) +
             ", kernel " + std::to_string(pair.kernel) + ", emulated " + std::to_string(pair.emulated) +
             "; copied were " + std::to_string(expected[i]) + ", by commands " + std::to_string(by_command);
    }
  }
  const zonefs::Counters after = files.counters();
  const bool refused_for_blocks = actual.error == EINVAL && different_blocks && !actual.reason.empty();
  if (refused_for_blocks && after.last_fallback != actual.reason) return "no word about the blocks";
  const bool blocks_only = in_blocks(asked, actual.bytes, before);
  if (asked.pieces.size() == 1 && !asked.only_offload) {
    const CopyRoute route = devices_[asked.to]->device().copy_route(devices_[asked.pieces[0].device]->device());
    if (Difference difference = to.compare_copy_counters(counters, actual.bytes, blocks_only, route)) return difference;
  }
  return blocks_only && !asked.background ? compare_commands(asked, actual.bytes, before) : std::nullopt;
}

/// Where nothing failed, a device gets as few Copy commands as its limits and those of the sources allow: one more only
/// where the source device changes.
SeveralHarness::Difference SeveralHarness::compare_commands(const Asked& asked, std::uint64_t bytes,
                                                            const Models& before) const {
  const ReferenceModel& to = before[asked.to];
  const std::uint64_t block = to.block_size_bytes();
  for (const DeviceSays& says : all_say()) {
    if (!says.all_well()) return std::nullopt;
  }
  if (to.options().copy.mode == CopyMode::emulate || to.file(asked.destination).zone_count != 1) return std::nullopt;
  std::vector<Place> copied;
  for (Place piece : asked.pieces) {
    piece.length_bytes = std::min(bytes, piece.length_bytes);
    bytes -= piece.length_bytes;
    if (piece.length_bytes != 0) copied.push_back(piece);
  }
  std::uint64_t fewest = 0;
  for (std::size_t next = 0; next < copied.size();) {
    const std::size_t from = copied[next].device;
    CopyJob job;
    for (; next < copied.size() && copied[next].device == from; ++next) {
      const Place& piece = copied[next];
      const DeviceInfo& info = devices_[from]->device().info();
      const Lba start_lba = info.zone_start(before[from].file(piece.file).first_zone) + piece.offset_bytes / block;
      job.sources.push_back(Extent{start_lba, piece.length_bytes / block});
    }
    job.destination.blocks = total_blocks(job.sources);
    const CopyRoute route = devices_[asked.to]->device().copy_route(devices_[from]->device());
    if (route.path == CopyPath::emulated) continue;
    fewest += fewest_commands(job, route.limits, devices_[from]->device().info().zone_size_blocks);
  }
  std::uint64_t sent = 0;
  for (const CommandRecord& record : devices_[asked.to]->device().log())
    sent += record.command == Command::copy ? 1 : 0;
  if (sent == fewest) return std::nullopt;
  return std::to_string(sent) + " Copy commands where " + std::to_string(fewest) + " do";
}

}  // namespace zonecopy::test
