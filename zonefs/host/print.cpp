#include "zonefs/host/print.h"

#include <cerrno>
#include <cstring>

namespace zonecopy::zonefs {

void print_text(std::FILE* file, std::string_view text) {
  // A failure is ignored here: standard error has no other way to report it, and standard output is checked by
  // finish_output().
  (void)std::fwrite(text.data(), 1, text.size(), file);
}

int finish_output(std::string_view program, int status) {
  errno = 0;
  const bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (!failed || errno == EPIPE) return failed && status == 0 ? 1 : status;
  const char* reason = errno != 0 ? ::strerrordesc_np(errno) : "a write has failed";
  print(stderr, "{}: standard output: {}\n", program, reason);
  return status == 0 ? 1 : status;
}

}  // namespace zonecopy::zonefs
