// Whether a plan that was found is one that this list could have led to. Pure.
#pragma once

#include <set>
#include <span>

#include "tools/compact/live_list.h"
#include "tools/compact/plan.h"
#include "zonecopy/result.h"

namespace zonecopy::compact {

/// What a plan calls a victim is reset, so none is taken at its word: victims are zones that `list` or `chosen` names,
/// each once; the moves from one are just its extents in the list; what is filled is no victim any more, and one of
/// `destinations` unless these are none; fillings have no gaps. EINVAL if not.
Status check_plan(const Plan& plan, const LiveList& list, const std::set<ZoneNumber>& chosen,
                  std::span<const ZoneNumber> destinations);

}  // namespace zonecopy::compact
