// Lines on standard error that must not end the program.
#pragma once

#include <string_view>

namespace zonecopy::tools {

/// Writes `text` at once. Where standard error is a pipe that nobody reads from any more, the text is lost, and no
/// SIGPIPE comes.
void write_error_line(std::string_view text);

}  // namespace zonecopy::tools
