// Whether what was copied is what it should be.
#pragma once

#include "tools/bench/plan.h"
#include "tools/bench/subject.h"
#include "tools/bench/walk.h"

namespace zonecopy::benching {

/// Reads all destinations, and compares them with what their sources were filled with. EIO: they differ; the error says
/// where. EINTR: stopped.
Status verify(Subject& subject, const Plan& plan, const Load& load, const Shape& shape, const Watch& watch);

}  // namespace zonecopy::benching
