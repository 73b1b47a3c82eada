// Handles Ctrl-C during long work: the work stops and is reported, then the program ends by the signal.
#pragma once

namespace zonecopy::tools {

/// From now on SIGINT and SIGTERM interrupt system calls and are remembered instead of ending the program.
void catch_interrupts();
[[nodiscard]] bool interrupted();
/// Ends the program by the signal that came, so that a shell's loop ends too. Returns if there was none.
void end_if_interrupted();

}  // namespace zonecopy::tools
