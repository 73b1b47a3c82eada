// Other programs: started, or run to their end.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace parity {

struct ProgramResult {
  int status = 0;        ///< as waitpid gives it
  std::string messages;  ///< standard output and standard error
};
[[nodiscard]] ProgramResult run_program(const std::vector<std::string>& words);
/// Its standard error is added to `log`.
[[nodiscard]] pid_t start_program(const std::vector<std::string>& words, const std::string& log);

}  // namespace parity
