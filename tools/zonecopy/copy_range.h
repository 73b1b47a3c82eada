// Copies a range of one file to another by calls of copy_file_range(2).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "tools/zonecopy/copy_file.h"
#include "zonecopy/result.h"

namespace zonecopy::tools {

struct CopyRangeRequest {
  std::uint64_t source_offset_bytes = 0;
  std::uint64_t destination_offset_bytes = 0;
  std::uint64_t length_bytes = 0;
};

struct CopyRangeOutcome {
  std::uint64_t bytes = 0;     ///< copied, from the start of the range on
  std::optional<Error> error;  ///< what stopped it; nothing if the range is done or a signal came
};

/// Copies until the range is done, an error or an interrupt (interrupt.h). Calls `progress` with the bytes copied so
/// far.
CopyRangeOutcome copy_range(const CopyFile& source, const CopyFile& destination, const CopyRangeRequest& request,
                            const std::function<void(std::uint64_t bytes)>& progress);

}  // namespace zonecopy::tools
