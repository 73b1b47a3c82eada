// All is read, changed and written, since the feature has bits that others have set. Somebody who changes another bit
// between the two commands loses that change: NVMe has no way to prevent it.
#include "src/device/nvme/copy_enabling.h"

#include <fmt/format.h>

#include <array>

#include "src/nvme/host_behavior.h"
#include "src/nvme/status.h"

namespace zonecopy::nvme {
namespace {

using HostBehavior = std::array<std::byte, host_behavior_size_bytes>;

std::int32_t get(const AdminQueue& controller, HostBehavior& data) {
  return controller(get_features(feature_host_behavior, data));
}

std::int32_t set(const AdminQueue& controller, const HostBehavior& data) {
  return controller(set_features(feature_host_behavior, data));
}

/// "Set Features 16h: Permission denied", from a result that is not 0.
std::string command_text(std::int32_t result, const char* command) {
  return nvme::make_error(result, fmt::format("{} {:x}h", command, feature_host_behavior)).to_string();
}

std::string why_not_known(std::int32_t result) {
  return fmt::format("the controller does not tell what is enabled ({})", command_text(result, "Get Features"));
}

/// Linux lets nobody set this feature from some versions on (EACCES), and before that only CAP_SYS_ADMIN.
std::string why_not_set(std::int32_t result) {
  const char* const who = result < 0 ? "the kernel does not let programs" : "the controller refuses to";
  return fmt::format("{} enable Copy across namespaces ({})", who, command_text(result, "Set Features"));
}

}  // namespace

Enabling enable_copy_across(const AdminQueue& controller) {
  Enabling done;
  HostBehavior data{};
  std::int32_t result = get(controller, data);
  if (result != 0) {
    done.objection = why_not_known(result);
    return done;
  }
  if (copy_format_enabled(data, CopyFormat::across)) return done;
  enable_copy_format(data, CopyFormat::across, true);
  result = set(controller, data);
  if (result != 0) {
    done.objection = why_not_set(result);
    return done;
  }
  done.changed = true;
  // Asked for again, so that nothing is promised which the controller only pretends to do.
  data = {};
  result = get(controller, data);
  if (result != 0) {
    done.objection = why_not_known(result);
  } else if (!copy_format_enabled(data, CopyFormat::across)) {
    done.objection = "the controller does not keep that Copy across namespaces is enabled (Set Features 16h)";
  }
  return done;
}

void disable_copy_across(const AdminQueue& controller) {
  HostBehavior data{};
  if (get(controller, data) != 0 || !copy_format_enabled(data, CopyFormat::across)) return;
  enable_copy_format(data, CopyFormat::across, false);
  static_cast<void>(set(controller, data));  // nobody is left who could do something about it
}

}  // namespace zonecopy::nvme
