// Copies that devices make by themselves.
#pragma once

#include "src/copy/branch.h"
#include "src/copy/pacing.h"

namespace zonecopy {

/// Copies what it can of `branch` by Copy commands, and adds it to the report. What is left over is the rest of the
/// job; the report's fallback_reason says why.
Task<void> offload_copy(ZonedDevice& source, CopyBranch& branch, const CopyOptions& options, Pacing& pacing,
                        const CancelToken* cancel);

}  // namespace zonecopy
