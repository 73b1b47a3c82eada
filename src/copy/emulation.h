// Copy by read and write: reads ahead at depth, writes in order.
#pragma once

#include "zonecopy/copy.h"

namespace zonecopy {

/// Copies `job` and adds what was done to `report`; `report.error` is set if it stopped early.
Task<void> emulate_copy(EventLoop& loop, ZonedDevice& source, ZonedDevice& destination, const CopyJob& job,
                        const CopyOptions& options, const CancelToken* cancel, CopyReport& report);

}  // namespace zonecopy
