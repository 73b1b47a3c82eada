// Copies by reading and writing. Reads run ahead; writes go in order.
#pragma once

#include "zonecopy/copy.h"

namespace zonecopy {

/// Copies `job` and adds what was done to `report`. Sets `report.error` if it stopped early. All arguments must outlive
/// the await; `cancel` may be null.
Task<void> emulate_copy(EventLoop& loop, ZonedDevice& source, ZonedDevice& destination, const CopyJob& job,
                        const CopyOptions& options, const CancelToken* cancel, CopyReport& report);

}  // namespace zonecopy
