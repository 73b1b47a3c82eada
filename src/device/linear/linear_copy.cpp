// Copies to a long device.
#include <fmt/format.h>

#include <algorithm>

#include "src/device/linear/linear_device.h"

namespace zonecopy::linear {
namespace {

/// The better paths come first.
CopyPath worse(CopyPath one, CopyPath other) { return std::max(one, other); }

CopyLimits lower(const CopyLimits& one, const CopyLimits& other) {
  return {std::min(one.max_ranges, other.max_ranges), std::min(one.max_range_blocks, other.max_range_blocks),
          std::min(one.max_total_blocks, other.max_total_blocks)};
}

void add(CopyOutcome& outcome, const CopyOutcome& part) {
  outcome.blocks_copied += part.blocks_copied;
  outcome.blocks_by_kernel += part.blocks_by_kernel;
  if (!part.kernel_reason.empty()) outcome.kernel_reason = part.kernel_reason;
}

}  // namespace

/// The way that a copy from each of `sources` to each device below can take, with the limits of all of them.
CopyRoute LinearDevice::route_from_all(const std::vector<const ZonedDevice*>& sources) const {
  CopyRoute route = parts_.devices.front()->copy_route(*sources.front());
  for (const ZonedDevice* source : sources) {
    for (const std::unique_ptr<ZonedDevice>& device : parts_.devices) {
      const CopyRoute part = device->copy_route(*source);
      route.path = worse(route.path, part.path);
      route.limits = lower(route.limits, part.limits);
      if (part.path == route.path && !part.objection.empty()) route.objection = part.objection;
      if (part.path == CopyPath::emulated) return {CopyPath::emulated, {}, part.objection};
    }
  }
  return route;
}

CopyRoute LinearDevice::copy_route(const ZonedDevice& source) const {
  // Within itself a copy may be one between two devices below, which copy() then asks: what matters for most is how a
  // device below copies within itself.
  if (&source == this) return ZonedDevice::copy_route(source);
  std::vector<const ZonedDevice*> sources;
  const auto* other = dynamic_cast<const LinearDevice*>(&source);
  if (other == nullptr) {
    sources.push_back(&source);
  } else {
    for (const std::unique_ptr<ZonedDevice>& device : other->parts_.devices) sources.push_back(device.get());
  }
  return route_from_all(sources);
}

/// Where data of a source really lies: a long device has it on one of those below.
PlaceBelow LinearDevice::place_of_source(ZonedDevice& source, Lba lba) const {
  const auto* other = dynamic_cast<const LinearDevice*>(&source);
  if (other == nullptr) return {&source, lba};
  const Piece& piece = other->piece_of(lba);
  return {&other->device_of(piece), piece.below(lba)};
}

std::vector<CopyStep> LinearDevice::steps_of(ZonedDevice& source, const CopyCommand& command) const {
  std::vector<RangeBelow> ranges;
  ranges.reserve(command.ranges.size());
  for (const CopyRange& range : command.ranges) {
    const PlaceBelow place = place_of_source(source, range.start_lba);
    ranges.push_back(RangeBelow{place.device, CopyRange{place.lba, range.blocks}});
  }
  const Piece& piece = piece_of(command.destination_lba);
  std::vector<CopyStep> steps = cut_copy(device_of(piece), piece.below(command.destination_lba), ranges);
  for (CopyStep& step : steps) step.command.kernel_may_move = command.kernel_may_move;
  return steps;
}

/// What a device below that refuses Copy for good means for this one: it may be the refusal of one way among several.
CopyFailure LinearDevice::failed_copy(const CopyFailure& below, const Piece& piece) {
  CopyFailure failure{below.decision, explained(below.error, piece)};
  describe_copy(info_, infos_below());
  if (failure.decision == CopyDecision::never && info_.copy_limits.available()) {
    failure.decision = CopyDecision::fall_back;
  }
  return failure;
}

/// Sends the steps one after the other, up to the first that is not carried out whole. A failure is as the device below
/// tells it.
Task<CopyOutcome> LinearDevice::carry_out(ZonedDevice& device, const std::vector<CopyStep>& steps,
                                          const CancelToken* cancel) {
  CopyOutcome outcome;
  for (const CopyStep& step : steps) {
    if (cancel != nullptr && cancel->requested()) break;
    const CopyRoute route = device.copy_route(*step.source);
    if (route.path == CopyPath::emulated) {
      Error error(EOPNOTSUPP, "copy", route.objection);
      error.on_device(device.info().path).at_lba(step.command.destination_lba);
      CopyFailure failure{CopyDecision::fall_back, std::move(error)};
      outcome.failure.emplace(std::move(failure));
      break;
    }
    CopyOutcome part = co_await device.copy(*step.source, step.command, cancel);
    add(outcome, part);
    outcome.failure = std::move(part.failure);
    if (outcome.failure || part.blocks_copied < step.command.blocks()) break;
  }
  co_return outcome;
}

Status LinearDevice::check_copy(const ZonedDevice& source, const CopyCommand& command) const {
  const Status destination = check_in_one_piece(command.destination_lba, command.blocks(), "copy", Care::often);
  const auto* other = dynamic_cast<const LinearDevice*>(&source);
  if (!destination || other == nullptr) return destination;
  const Status same = other->check(0, 0, "copy", Care::often);
  if (!same) return same;
  for (const CopyRange& range : command.ranges) {
    if (other->in_one_piece(range.start_lba, range.blocks)) continue;
    return other->make_error(EINVAL, "copy", range.start_lba, "a source range does not lie within one zone");
  }
  return {};
}

Task<CopyOutcome> LinearDevice::copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) {
  CopyOutcome outcome;
  const Status right = check_copy(source, command);
  if (!right) {  // nothing was sent, but reading and writing would meet with the same
    CopyFailure failure{CopyDecision::fail, right.error()};
    outcome.failure.emplace(std::move(failure));
    co_return outcome;
  }
  if (command.ranges.empty()) co_return outcome;
  const KeyedLocks::Guard turn = co_await order_.exclusive(info_.zone_of(command.destination_lba));
  const Piece& piece = piece_of(command.destination_lba);
  const std::vector<CopyStep> steps = steps_of(source, command);
  outcome = co_await carry_out(device_of(piece), steps, cancel);
  if (outcome.failure) {
    CopyFailure failure = failed_copy(*outcome.failure, piece);
    outcome.failure.emplace(std::move(failure));
  }
  co_return outcome;
}

}  // namespace zonecopy::linear
