// Carries out a `zonecopy copy`.
#pragma once

#include "tools/zonecopy/copy_arguments.h"

namespace zonecopy::tools {

/// Copies, or plans, and reports. Returns the exit status, or ends by the signal that interrupted it.
int run_copy(const CopyArguments& arguments);

}  // namespace zonecopy::tools
