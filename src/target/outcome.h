// Outcomes of commands, made from status codes and errors. Pure.
#pragma once

#include "src/nvme/error_status.h"
#include "src/target/namespace.h"

namespace zonecopy::target {

/// The command itself is to blame, and would be again.
[[nodiscard]] inline Outcome refused(nvme::StatusCode status, std::uint64_t result = 0) {
  return Outcome{.result = result, .status = status, .do_not_retry = true, .cause = {}};
}

/// The device has failed, or its zone refuses.
[[nodiscard]] inline Outcome failed(const Error& error, nvme::MediaAccess access) {
  const nvme::ErrorStatus status = nvme::status_of(error, access);
  Outcome outcome{.result = 0, .status = status.code, .do_not_retry = status.do_not_retry, .cause = {}};
  if (!error.zone_refusal()) outcome.cause = error.to_string();
  return outcome;
}

/// The host itself has asked for the end of the command, or is gone.
[[nodiscard]] inline Outcome aborted(std::uint64_t result = 0) {
  return Outcome{.result = result, .status = nvme::status::abort_requested, .do_not_retry = false, .cause = {}};
}

}  // namespace zonecopy::target
