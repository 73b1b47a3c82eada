// Copy: within the namespace, and from other namespaces of the controller.
#include <fmt/format.h>

#include <algorithm>

#include "src/device/nvme/nvme_device.h"
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

CopyRoute NvmeDevice::copy_route(const ZonedDevice& source) const {
  const auto* const other = dynamic_cast<const NvmeDevice*>(&source);
  if (other == nullptr || other == this) return ZonedDevice::copy_route(source);
  std::string objection = cross_namespace_.objection(other->cross_namespace_);
  if (!objection.empty()) return {CopyPath::emulated, {}, std::move(objection)};
  return {CopyPath::offloaded, cross_namespace_.limits(other->cross_namespace_), {}};
}

Task<CopyOutcome> NvmeDevice::copy(ZonedDevice& source, const CopyCommand& command, const CancelToken*) {
  CopyOutcome outcome;
  auto* const from = dynamic_cast<NvmeDevice*>(&source);
  if (from == nullptr) {  // copy_route() says so
    CopyFailure failure{CopyDecision::fall_back, make_error(-EOPNOTSUPP, "copy", command.destination_lba)};
    outcome.failure.emplace(std::move(failure));
    co_return outcome;
  }
  const KeyedLocks::Guard guard = co_await locks_.exclusive(info().zone_of(command.destination_lba));
  const CopyLimits limits = copy_route(source).limits;
  Result<Copy> request = from == this ? nvme::copy(opened_.target, limits, command)
                                      : copy_across(opened_.target, from->opened_.target, limits, command);
  if (!request) {  // no command was sent, so reading and writing is safe to try
    const NvmeDevice& named = request.error().copy_side() == CopySide::source ? *from : *this;
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

/// Sends a Copy. A reset of the controller undoes that Copy across namespaces is enabled, of which nobody is told; so one
/// that ends as if it were not is sent once more, after enabling. Should the drive have copied a part, it refuses the
/// second: the write pointer is elsewhere.
Task<NvmeDevice::Completion> NvmeDevice::submit_copy(Command command, NvmeDevice& source) {
  Completion completion = co_await submit(command);
  if (&source == this || !is_invalid_field(completion.result)) co_return completion;
  const bool enabled = co_await cross_namespace_.enable_again(loop_, source.cross_namespace_);
  if (enabled) completion = co_await submit(command);
  co_return completion;
}

/// A failed Copy returns the number of its first failed range: the ranges before it are copied, the others may be in
/// part. The copy can only go on if the write pointer is where the copied ranges end.
Task<CopyOutcome> NvmeDevice::failed_copy(NvmeDevice& source, const CopyCommand& command, Completion completion) {
  CopyOutcome outcome;
  CopyFailure failure{copy_decision(completion.result), make_error(completion.result, "copy", command.destination_lba)};
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
void NvmeDevice::note_refusal(NvmeDevice& source, CopyFailure& failure) {
  if (&source == this) {
    zonecopy::note_refusal(opened_.info, failure);
  } else if (failure.decision == CopyDecision::never) {
    cross_namespace_.note_refusal(source.cross_namespace_, failure.error);
    failure.decision = CopyDecision::fall_back;
  }
}

}  // namespace zonecopy::nvme
