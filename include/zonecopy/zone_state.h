// The zone state machine: what a command does to one zone, or why it is refused
// (ZoneRefusal, which errors carry too). Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "zonecopy/error_facts.h"
#include "zonecopy/zone.h"

namespace zonecopy {

enum class ZoneCommand : std::uint8_t { write, append, open, close, finish, reset };
[[nodiscard]] std::string_view to_string(ZoneCommand command);

/// The part of a zone that commands change. Offsets count blocks from the start of the zone.
struct ZoneState {
  ZoneCondition condition = ZoneCondition::empty;
  std::uint64_t write_pointer_blocks = 0;
  friend bool operator==(const ZoneState&, const ZoneState&) = default;
};

/// How many zones of the device are in a condition that takes a resource, the zone in question included.
struct ResourceUse {
  std::uint32_t implicit_open = 0;
  std::uint32_t explicit_open = 0;
  std::uint32_t closed = 0;
};

struct ZoneTransition {
  ZoneState after;
  /// The device has to close another zone that is implicitly open first (NVMe ZNS 1.1, 2.1.1.3).
  bool evicts_implicit_open = false;
  friend bool operator==(const ZoneTransition&, const ZoneTransition&) = default;
};

/// For `write`, `offset_blocks` is where it starts; for `append` it is ignored. `blocks` counts for these two only.
struct ZoneRequest {
  ZoneCommand command = ZoneCommand::write;
  std::uint64_t offset_blocks = 0;
  std::uint64_t blocks = 0;
};

/// What `request` does to a sequential zone of `capacity_blocks` in `state`.
[[nodiscard]] std::variant<ZoneTransition, ZoneRefusal> transition(const ZoneState& state, const ZoneRequest& request,
                                                                   std::uint64_t capacity_blocks,
                                                                   const ResourceUse& use,
                                                                   const ResourceLimits& limits);

}  // namespace zonecopy
