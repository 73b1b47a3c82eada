// Several zones at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "tools/clone/pair.h"
#include "zonecopy/event_loop.h"

namespace zonecopy::cloning {

using ZoneStep = std::function<Task<Status>(ZoneTask&)>;

/// Does `step` with each of `tasks`, in order, `jobs` of them at once. After the first error, or once `watch` has stopped
/// it (EINTR), no more begin; those under way end. All that is passed must outlive the await.
Task<Status> for_each_zone(EventLoop& loop, std::vector<ZoneTask*> tasks, std::uint32_t jobs, const ZoneStep& step,
                           const Watch& watch);

}  // namespace zonecopy::cloning
