// A wait for a time, which can be ended before.
#pragma once

#include <cstdint>

#include "zonecopy/cancel.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/task.h"

namespace zonecopy {

/// CLOCK_MONOTONIC, which never goes back.
[[nodiscard]] std::int64_t monotonic_now_ns();

/// Waits until monotonic_now_ns() is `time_ns`, or until `cancel` (may be null) is requested.
Task<void> sleep_until(EventLoop& loop, std::int64_t time_ns, const CancelToken* cancel);

}  // namespace zonecopy
