// A step by the gather request of zonecopyfs.
#pragma once

#include "src/gather/track.h"

namespace zonecopy::gather {

/// Copies `parts`, whose files are on the mount of the destination. Returns those for which the mount does not know the
/// request.
std::vector<Part> copy_by_gather_call(const Work& work, std::vector<Part> parts, Track& track);

}  // namespace zonecopy::gather
