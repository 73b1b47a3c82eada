// The zone state machine (NVMe ZNS 1.1, 2.1.1): what a command does to one zone, or why the zone refuses it. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "zonecopy/error_facts.h"
#include "zonecopy/zone.h"

#pragma GCC visibility push(default)

namespace zonecopy {

enum class ZoneCommand : std::uint8_t { write, append, open, close, finish, reset };
/// The enumerator's name.
[[nodiscard]] std::string_view to_string(ZoneCommand command);

/// The part of a zone that commands change. The write pointer counts from the start of the zone.
struct ZoneState {
  ZoneCondition condition = ZoneCondition::empty;
  std::uint64_t write_pointer_blocks = 0;
  friend bool operator==(const ZoneState&, const ZoneState&) = default;
};

/// How many zones of the device are in each condition that takes a resource, the zone in question included.
struct ResourceUse {
  std::uint32_t implicit_open = 0;
  std::uint32_t explicit_open = 0;
  std::uint32_t closed = 0;
};

struct ZoneTransition {
  ZoneState after;
  /// The device has to close another, implicitly open zone first (NVMe ZNS 1.1, 2.1.1.3).
  bool evicts_implicit_open = false;
  friend bool operator==(const ZoneTransition&, const ZoneTransition&) = default;
};

/// `offset_blocks` is the start of a `write`, from the start of the zone. `blocks` is the length of a `write` or
/// `append`. Other commands ignore both.
struct ZoneRequest {
  ZoneCommand command = ZoneCommand::write;
  std::uint64_t offset_blocks = 0;
  std::uint64_t blocks = 0;
};

/// What `request` does to a zone of `capacity_blocks` in `state`; a zone in condition not_write_pointer is
/// conventional.
[[nodiscard]] std::variant<ZoneTransition, ZoneRefusal> transition(const ZoneState& state, const ZoneRequest& request,
                                                                   std::uint64_t capacity_blocks,
                                                                   const ResourceUse& use,
                                                                   const ResourceLimits& limits);

}  // namespace zonecopy

#pragma GCC visibility pop
