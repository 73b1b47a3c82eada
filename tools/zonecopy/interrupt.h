// Handles Ctrl-C during long work: the work stops and is reported, then the program ends by the signal.
#pragma once

#include <atomic>

namespace zonecopy::tools {

/// From now on SIGINT and SIGTERM interrupt system calls and are remembered instead of ending the program. One that is
/// ignored, as in the background of a script, stays ignored.
void catch_interrupts();
[[nodiscard]] bool interrupted();
/// Set when one comes, for work that asks.
[[nodiscard]] const std::atomic<bool>& stop_flag();
/// Ends the program by the signal that came, so that a shell's loop ends too. Returns if there was none.
void end_if_interrupted();

}  // namespace zonecopy::tools
