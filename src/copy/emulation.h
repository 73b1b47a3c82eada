// Copies by reading and writing, for devices without Copy.
#pragma once

#include <span>

#include "src/copy/branch.h"
#include "src/copy/pacing.h"

namespace zonecopy {

/// Copies the rest of those of `branches` that go on, and adds it to their reports. Their common sources are read once.
/// Reads run ahead of the writes; the writes to a destination go in order. A destination that fails drops out. What ends
/// all, a source that cannot be read or a cancellation, leaves equal prefixes to those that began together.
Task<void> emulate_copy(EventLoop& loop, ZonedDevice& source, std::span<CopyBranch> branches,
                        const CopyOptions& options, Pacing& pacing, const CancelToken* cancel);

}  // namespace zonecopy
