// A step by copy_file_range(2).
#pragma once

#include "src/gather/track.h"

namespace zonecopy::gather {

/// Copies `parts`, all of files of mounts. Returns those that the kernel refuses to copy; they are to be read and
/// written. What is counted is exact: of a call that fails, a sequential destination tells by its size what it has done.
std::vector<Part> copy_by_copy_file_range(const Work& work, const std::vector<Part>& parts, Track& track);

}  // namespace zonecopy::gather
