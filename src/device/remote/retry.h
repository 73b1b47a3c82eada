// Which ends of a command are none, and how often a command is sent. Pure.
#pragma once

#include <string>

#include "src/device/remote/connection.h"
#include "src/nvme/status.h"

namespace zonecopy::remote {

/// A command that loses its connection again and again may be what the target dies of.
inline constexpr int attempts_max = 10;

/// Transient Transport Error: the controller got the data with a wrong digest, and did not carry out the command.
inline constexpr nvme::StatusCode status_transient_transport_error = 0x022;

/// Whether the command did not reach the controller whole, or its answer did not come: it may have been carried out.
[[nodiscard]] inline bool went_astray(const nvme::Completion& completion) {
  if (completion.result == result_lost) return true;
  return completion.result > 0 && nvme::status_code(completion.result) == status_transient_transport_error;
}

/// The end of a command that went astray as often as it is sent.
[[nodiscard]] inline nvme::Completion astray_too_often(nvme::Completion last) {
  if (last.result != result_lost) return last;
  return {-EIO, 0,
          "the connection was lost " + std::to_string(attempts_max) + " times while this command was under way"};
}

}  // namespace zonecopy::remote
