// The zone state machine of NVMe ZNS 1.1, 2.1.1, as one table of switches.
//
//   command  empty           implicit-open   explicit-open   closed          full      read-only  offline
//   write    implicit-open*  stays           stays           implicit-open+  full      read_only  offline
//   open     explicit-open*  explicit-open   no-op           explicit-open+  invalid   invalid    invalid
//   close    invalid         closed, empty   closed, empty   no-op           invalid   invalid    invalid
//   finish   full            full            full            full            no-op     invalid    invalid
//   reset    no-op           empty           empty           empty           empty     invalid    invalid
//
// * takes an active and an open resource, + takes an open one. Append is a write at the write pointer. A write that
// reaches the capacity leaves the zone full; from empty or closed it passes through implicit-open, so that it needs the
// resources even though it frees them at once. Close makes a zone empty if its write pointer is at its start. Finish
// takes no resource: ZNS goes from empty and closed to full directly. (A ZBC drive may need one; it then refuses the
// command itself.) A conventional zone takes writes only.
#include "zonecopy/zone_state.h"

namespace zonecopy {
namespace {

using Outcome = std::variant<ZoneTransition, ZoneRefusal>;

/// The resources that a transition takes and that the zone does not hold yet.
enum class Need : std::uint8_t { nothing, open, open_and_active };

bool reached(std::uint64_t used, std::uint32_t limit) { return limit != 0 && used >= limit; }

/// `after`, if the device has the resources for it. A zone that needs an open resource is not open itself, so each zone
/// that is counted as implicitly open is another one, which the device can close to make room. The closed zone stays
/// active, so this never helps against the active limit.
Outcome with_resources(ZoneState after, Need need, const ResourceUse& use, const ResourceLimits& limits) {
  if (need == Need::nothing) return ZoneTransition{after};
  const std::uint64_t open = std::uint64_t{use.implicit_open} + use.explicit_open;
  if (need == Need::open_and_active && reached(open + use.closed, limits.max_active_zones)) {
    return ZoneRefusal::too_many_active;
  }
  if (!reached(open, limits.max_open_zones)) return ZoneTransition{after};
  if (use.implicit_open == 0) return ZoneRefusal::too_many_open;
  return ZoneTransition{after, true};
}

/// A write or append to a zone that can take one. A write of 0 blocks, which NVMe cannot express, changes nothing.
Outcome write_at_pointer(const ZoneState& state, const ZoneRequest& request, std::uint64_t capacity_blocks, Need need,
                         const ResourceUse& use, const ResourceLimits& limits) {
  const std::uint64_t pointer = state.write_pointer_blocks;
  if (request.command == ZoneCommand::write && request.offset_blocks != pointer) return ZoneRefusal::invalid_write;
  if (pointer > capacity_blocks || request.blocks > capacity_blocks - pointer) return ZoneRefusal::boundary;
  if (request.blocks == 0) return ZoneTransition{state};
  ZoneState after{ZoneCondition::implicit_open, pointer + request.blocks};
  if (state.condition == ZoneCondition::explicit_open) after.condition = ZoneCondition::explicit_open;
  if (after.write_pointer_blocks == capacity_blocks) after.condition = ZoneCondition::full;
  return with_resources(after, need, use, limits);
}

Outcome write_anywhere(const ZoneState& state, const ZoneRequest& request, std::uint64_t capacity_blocks) {
  if (request.command != ZoneCommand::write) return ZoneRefusal::invalid_transition;
  if (request.offset_blocks > capacity_blocks || request.blocks > capacity_blocks - request.offset_blocks) {
    return ZoneRefusal::boundary;
  }
  return ZoneTransition{state};
}

Outcome write(const ZoneState& state, const ZoneRequest& request, std::uint64_t capacity_blocks, const ResourceUse& use,
              const ResourceLimits& limits) {
  switch (state.condition) {
    case ZoneCondition::not_write_pointer: return write_anywhere(state, request, capacity_blocks);
    case ZoneCondition::empty:
      return write_at_pointer(state, request, capacity_blocks, Need::open_and_active, use, limits);
    case ZoneCondition::closed: return write_at_pointer(state, request, capacity_blocks, Need::open, use, limits);
    case ZoneCondition::implicit_open:
    case ZoneCondition::explicit_open:
      return write_at_pointer(state, request, capacity_blocks, Need::nothing, use, limits);
    case ZoneCondition::full: return ZoneRefusal::full;
    case ZoneCondition::read_only: return ZoneRefusal::read_only;
    case ZoneCondition::offline: return ZoneRefusal::offline;
  }
  return ZoneRefusal::invalid_transition;
}

Outcome open(const ZoneState& state, const ResourceUse& use, const ResourceLimits& limits) {
  const ZoneState opened{ZoneCondition::explicit_open, state.write_pointer_blocks};
  switch (state.condition) {
    case ZoneCondition::empty: return with_resources(opened, Need::open_and_active, use, limits);
    case ZoneCondition::closed: return with_resources(opened, Need::open, use, limits);
    case ZoneCondition::implicit_open:
    case ZoneCondition::explicit_open: return ZoneTransition{opened};
    case ZoneCondition::not_write_pointer:
    case ZoneCondition::full:
    case ZoneCondition::read_only:
    case ZoneCondition::offline: break;
  }
  return ZoneRefusal::invalid_transition;
}

Outcome close(const ZoneState& state) {
  switch (state.condition) {
    case ZoneCondition::implicit_open:
    case ZoneCondition::explicit_open: {
      const bool unwritten = state.write_pointer_blocks == 0;
      return ZoneTransition{{unwritten ? ZoneCondition::empty : ZoneCondition::closed, state.write_pointer_blocks}};
    }
    case ZoneCondition::closed: return ZoneTransition{state};
    case ZoneCondition::not_write_pointer:
    case ZoneCondition::empty:
    case ZoneCondition::full:
    case ZoneCondition::read_only:
    case ZoneCondition::offline: break;
  }
  return ZoneRefusal::invalid_transition;
}

/// Finish and reset: from any condition with a valid write pointer to `after`.
Outcome move_pointer(const ZoneState& state, ZoneState after) {
  switch (state.condition) {
    case ZoneCondition::empty:
    case ZoneCondition::implicit_open:
    case ZoneCondition::explicit_open:
    case ZoneCondition::closed:
    case ZoneCondition::full: return ZoneTransition{after};
    case ZoneCondition::not_write_pointer:
    case ZoneCondition::read_only:
    case ZoneCondition::offline: break;
  }
  return ZoneRefusal::invalid_transition;
}

}  // namespace

std::variant<ZoneTransition, ZoneRefusal> transition(const ZoneState& state, const ZoneRequest& request,
                                                     std::uint64_t capacity_blocks, const ResourceUse& use,
                                                     const ResourceLimits& limits) {
  switch (request.command) {
    case ZoneCommand::write:
    case ZoneCommand::append: return write(state, request, capacity_blocks, use, limits);
    case ZoneCommand::open: return open(state, use, limits);
    case ZoneCommand::close: return close(state);
    case ZoneCommand::finish: return move_pointer(state, {ZoneCondition::full, capacity_blocks});
    case ZoneCommand::reset: return move_pointer(state, {ZoneCondition::empty, 0});
  }
  return ZoneRefusal::invalid_transition;
}

std::string_view to_string(ZoneCommand command) {
  switch (command) {
    case ZoneCommand::write: return "write";
    case ZoneCommand::append: return "append";
    case ZoneCommand::open: return "open";
    case ZoneCommand::close: return "close";
    case ZoneCommand::finish: return "finish";
    case ZoneCommand::reset: return "reset";
  }
  return "unknown";
}

}  // namespace zonecopy
