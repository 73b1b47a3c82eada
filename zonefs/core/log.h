// Where the file system's messages go. The texts are those of the kernel's zonefs. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace zonecopy::zonefs {

enum class Severity : std::uint8_t { info, warning, error };

class Log {
 public:
  virtual ~Log() = default;
  virtual void write(Severity severity, const std::string& message) = 0;
};

}  // namespace zonecopy::zonefs
