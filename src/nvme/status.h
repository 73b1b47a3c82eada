// What an NVMe status code means: an errno and, for a Copy command, what to do next. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/nvme/status_code.h"
#include "zonecopy/command.h"

namespace zonecopy::nvme {

struct StatusMeaning {
  StatusCode code = 0;
  CopyDecision copy_decision = CopyDecision::fail;
  bool resync = false;    ///< the write pointer may not be where it was assumed to be: report the zone
  int error = 0;          ///< errno
  std::string_view name;  ///< in the words of the standard: "Zone Invalid Write"
  std::optional<ZoneRefusal> refusal = std::nullopt;  ///< where the zone refuses; `error` is to_errno() of it then
  std::optional<CopySide> side = std::nullopt;        ///< the side of a Copy that failed, where the status tells it
};

/// `result` is cqe->res of a passthrough command, and above 0.
[[nodiscard]] StatusCode status_code(std::int32_t result);
/// An unknown code means EIO and CopyDecision::fail.
[[nodiscard]] const StatusMeaning& meaning_of(StatusCode code);

/// Makes an error from cqe->res, which is not 0: below 0 it is a negative errno, above 0 an NVMe status.
[[nodiscard]] Error make_error(std::int32_t result, std::string operation);
/// The status of a zone that refuses: the row of the table that has it.
[[nodiscard]] StatusCode status_code(ZoneRefusal refusal);
/// Which side of a Copy that ended with `result` failed; nothing where that is not known. The caller has found that the
/// destination can be written and that its write pointer is where the drive says.
[[nodiscard]] std::optional<CopySide> failed_side(std::int32_t result);
/// Whether the drive, or the kernel, refused the command as such, before any of it was carried out: it will refuse every
/// other of its kind too. `result` is cqe->res, not 0.
[[nodiscard]] bool lacks_command(std::int32_t result);
/// Whether the command ended with Invalid Field in Command: how a Copy does whose descriptor format is not enabled.
[[nodiscard]] bool is_invalid_field(std::int32_t result);
/// What to do after a Copy that ended with `result`, which is not 0.
[[nodiscard]] CopyDecision copy_decision(std::int32_t result);

}  // namespace zonecopy::nvme
