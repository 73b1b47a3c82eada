// The interface that the file system's messages go to. Their texts are those of the kernel's zonefs.
#pragma once

#include <cstdint>
#include <string>

namespace zonecopy::zonefs {

enum class Severity : std::uint8_t { info, warning, error };

class Log {
 public:
  virtual ~Log() = default;
  /// Writes one line; where that fails the line is lost. Called on the loop's thread, so it must not wait for anything.
  virtual void write(Severity severity, const std::string& message) = 0;
};

}  // namespace zonecopy::zonefs
