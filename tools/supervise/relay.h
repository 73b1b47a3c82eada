// Stands for a command that runs as another process: passes signals on, and stops and ends as it does.
#pragma once

#include <sys/types.h>

namespace zonecopy::supervise {

/// All signals are blocked by the caller. `channel` brings what waitpid(2) tells of `command`, which is no child of this
/// process. Does not return.
[[noreturn]] void relay(int channel, pid_t command);

}  // namespace zonecopy::supervise
