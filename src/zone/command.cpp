// Names of zone management actions, and helpers for Copy.
#include "zonecopy/command.h"

namespace zonecopy {

std::string_view to_string(ZoneAction action) {
  switch (action) {
    case ZoneAction::open: return "zone open";
    case ZoneAction::close: return "zone close";
    case ZoneAction::finish: return "zone finish";
    case ZoneAction::reset: return "zone reset";
  }
  return "zone management";
}

std::uint64_t CopyCommand::blocks() const {
  std::uint64_t total = 0;
  for (const CopyRange& range : ranges) total += range.blocks;
  return total;
}

void note_refusal(DeviceInfo& info, const CopyFailure& failure) {
  if (failure.decision != CopyDecision::never) return;
  info.copy_limits = CopyLimits();
  info.copy_mechanism.clear();
  info.copy_moves_data.clear();
  info.copy_unavailable = "the device has refused it for good: " + failure.error.to_string();
}

}  // namespace zonecopy
