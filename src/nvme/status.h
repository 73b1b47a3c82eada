// What a status code means: an errno, and for a Copy what to do next. One table. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "zonecopy/command.h"

namespace zonecopy::nvme {

/// SCT<<8|SC of a completion; the DNR, More and CRD bits are gone.
using StatusCode = std::uint16_t;

struct StatusMeaning {
  StatusCode code = 0;
  CopyDecision copy_decision = CopyDecision::fail;
  bool resync = false;    ///< the write pointer that was assumed is wrong, or may be: report the zone
  int error = 0;          ///< errno
  std::string_view name;  ///< in the words of the standard: "Zone Invalid Write"
  std::optional<ZoneRefusal> refusal = std::nullopt;  ///< `error` is that of the refusal then
  std::optional<CopySide> side = std::nullopt;        ///< of a Copy, where no other can have failed so
};

/// `result` is cqe->res of a passthrough command above 0.
[[nodiscard]] StatusCode status_code(std::int32_t result);
/// Of an unknown code: EIO, fail.
[[nodiscard]] const StatusMeaning& meaning_of(StatusCode code);

/// The one way from cqe->res to an error: below 0 an errno, above 0 an NVMe status. `result` is not 0.
[[nodiscard]] Error make_error(std::int32_t result, std::string operation);
/// Which side of a Copy that ended with `result` failed, if its destination can be written and is where the drive says;
/// nothing where that cannot be told.
[[nodiscard]] std::optional<CopySide> failed_side(std::int32_t result);
/// What a Copy that ended with `result` (not 0) asks for.
[[nodiscard]] CopyDecision copy_decision(std::int32_t result);

}  // namespace zonecopy::nvme
