// Copy: within the namespace, and from other namespaces of the controller.
#include <algorithm>

#include "src/device/namespace/namespace_device.h"
#include "src/nvme/status.h"

namespace zonecopy::nvme {
namespace {

// A Copy gets the time that its data takes in a very slow drive on top of what every command gets.
constexpr std::uint64_t slowest_copy_bytes_per_ms = 4'000;  // 4 MB/s
constexpr std::uint64_t copy_timeout_max_ms = 3'600'000;

std::uint64_t blocks_before_range(const CopyCommand& command, std::uint64_t range) {
  std::uint64_t blocks = 0;
  for (std::uint64_t i = 0; i < range && i < command.ranges.size(); ++i) blocks += command.ranges[i].blocks;
  return blocks;
}

std::uint32_t copy_timeout_ms(std::uint64_t bytes) {
  return static_cast<std::uint32_t>(std::min(bytes / slowest_copy_bytes_per_ms, copy_timeout_max_ms));
}

}  // namespace

Task<CopyOutcome> NamespaceDevice::copy(ZonedDevice& source, const CopyCommand& command, const CancelToken*) {
  CopyOutcome outcome;
  auto* const from = dynamic_cast<NamespaceDevice*>(&source);
  if (from == nullptr) {  // copy_route() says so
    const Completion none{-EOPNOTSUPP};
    CopyFailure failure{CopyDecision::fall_back, make_error(none, "copy", command.destination_lba)};
    outcome.failure.emplace(std::move(failure));
    co_return outcome;
  }
  const KeyedLocks::Guard guard = co_await locks_.exclusive(info().zone_of(command.destination_lba));
  const CopyLimits limits = copy_route(source).limits;
  Result<Copy> request = from == this ? nvme::copy(facts_.target, limits, command)
                                      : copy_across(facts_.target, from->facts_.target, limits, command);
  if (!request) {  // no command was sent, so reading and writing is safe to try
    const NamespaceDevice& named = request.error().copy_side() == CopySide::source ? *from : *this;
    CopyFailure failure{CopyDecision::fall_back, named.on_this_device(request.error())};
    outcome.failure.emplace(std::move(failure));
    co_return outcome;
  }
  request->command.timeout_ms = base_timeout_ms + copy_timeout_ms(command.blocks() * info().block_size_bytes);
  const Completion completion = co_await submit_copy(request->command, *from);
  if (completion.result == 0) {
    outcome.blocks_copied = command.blocks();
  } else {
    outcome = co_await failed_copy(*from, command, completion);
  }
  co_return outcome;
}

Task<Completion> NamespaceDevice::submit_copy(Command command, NamespaceDevice&) {
  Completion completion = co_await submit(command);
  co_return completion;
}

void NamespaceDevice::note_refusal_across(NamespaceDevice&, const Error&) {}

/// A failed Copy returns the number of its first failed range: the ranges before it are copied, the others may be in
/// part. The copy can only go on if the write pointer is where the copied ranges end.
Task<CopyOutcome> NamespaceDevice::failed_copy(NamespaceDevice& source, const CopyCommand& command,
                                               Completion completion) {
  CopyOutcome outcome;
  CopyFailure failure{copy_decision(completion.result), make_error(completion, "copy", command.destination_lba)};
  note_refusal(source, failure);
  const bool drive_answered = completion.result > 0;
  const std::uint64_t failed_range = drive_answered ? completion.value & 0xffffffffU : 0;
  const std::uint64_t acknowledged_blocks = blocks_before_range(command, failed_range);
  const ZoneIndex zone_index = info().zone_of(command.destination_lba);
  const Result<std::vector<Zone>> zones = co_await report_zones(zone_index, 1);
  if (zones && !zones->empty()) {
    const Zone& zone = zones->front();
    const bool writable = zone.condition != ZoneCondition::read_only && zone.condition != ZoneCondition::offline;
    const Lba pointer_lba = zone.condition == ZoneCondition::full ? zone.end_lba() : zone.write_pointer_lba;
    // If the write pointer is beyond the copied ranges, nobody knows what the blocks between hold. If it is below, the
    // drive has acknowledged more than it wrote. In both cases the lower value counts.
    if (writable && pointer_lba >= command.destination_lba) {
      outcome.blocks_copied = std::min(acknowledged_blocks, pointer_lba - command.destination_lba);
    }
    const bool consistent = writable && pointer_lba == command.destination_lba + outcome.blocks_copied;
    if (!consistent) failure.decision = CopyDecision::fail;
    failure.error.on_side(consistent ? failed_side(completion.result) : CopySide::destination);
  } else {
    failure.decision = CopyDecision::fail;
  }
  // Of another device its own zone and LBA are named, since those of this one would be looked for there.
  const bool source_is_known = drive_answered && failed_range < command.ranges.size();
  if (&source != this && failure.error.copy_side() == CopySide::source && source_is_known) {
    failure.error.at_lba(command.ranges[failed_range].start_lba);
    failure.error = source.on_this_device(failure.error);
  }
  outcome.failure.emplace(std::move(failure));
  co_return outcome;
}

/// Where the drive would refuse every other Copy of the kind: notes it for copies within the namespace, or for those
/// from `source`. A refusal of the latter says nothing about any other.
void NamespaceDevice::note_refusal(NamespaceDevice& source, CopyFailure& failure) {
  if (&source == this) {
    zonecopy::note_refusal(facts_.info, failure);
  } else if (failure.decision == CopyDecision::never) {
    note_refusal_across(source, failure.error);
    failure.decision = CopyDecision::fall_back;
  }
}

}  // namespace zonecopy::nvme
