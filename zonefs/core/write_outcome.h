// What a write to a zone file has done.
#pragma once

#include <cstdint>
#include <optional>

#include "zonecopy/result.h"
#include "zonefs/core/split_call.h"

namespace zonecopy::zonefs {

struct WriteOutcome {
  std::uint64_t bytes = 0;             ///< bytes of the request that were written
  std::optional<Error> error;          ///< if set, nothing of the request is known to be written
  bool on_device = false;              ///< the error came from the device, so the file has to be recovered
  std::uint64_t position_bytes = 0;    ///< where the device was written, as an offset in a sequential file
  std::optional<WriteTail> continued;  ///< the piece of a direct call that the request continued

  /// The offset in the file at which the request's own data begins.
  [[nodiscard]] std::uint64_t begin_bytes() const { return position_bytes + (continued ? continued->data.size() : 0); }
};

}  // namespace zonecopy::zonefs
