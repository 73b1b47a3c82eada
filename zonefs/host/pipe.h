// A pipe, both ends owned.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <optional>

#include "zonecopy/file_descriptor.h"

namespace zonecopy::zonefs {

struct Pipe {
  FileDescriptor reading;
  FileDescriptor writing;
};

/// Closed in programs that are started; nothing, and errno, where there can be none.
inline std::optional<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

}  // namespace zonecopy::zonefs
