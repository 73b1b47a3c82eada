// What this program changes of the state in which a process starts, and how a program that it executes finds it again.
#pragma once

#include <array>

namespace zonecopy::tools {

struct StartState {
  std::array<bool, 3> closed{};            ///< standard files that were closed
  bool size_limit_signal_ignored = false;  ///< SIGXFSZ was ignored before
};

/// To be called first of all: opens /dev/null for closed standard files, and has writes beyond the limit on the size of
/// files fail.
[[nodiscard]] StartState prepare_process();
/// Undoes that, for an execve(2) that follows. The standard files are closed by it, and not before.
void restore_process(const StartState& start);

}  // namespace zonecopy::tools
