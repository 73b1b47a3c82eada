// Where the file system's messages go. The texts are those of the kernel's zonefs.
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

/// Standard error (programs in the foreground), each line with `prefix` in front.
class StandardErrorLog final : public Log {
 public:
  explicit StandardErrorLog(std::string prefix) : prefix_(std::move(prefix)) {}
  void write(Severity severity, const std::string& message) override;

 private:
  std::string prefix_;
};

/// syslog(3) (daemons).
class SystemLog final : public Log {
 public:
  explicit SystemLog(std::string prefix);
  ~SystemLog() override;
  void write(Severity severity, const std::string& message) override;

 private:
  std::string prefix_;
};

}  // namespace zonecopy::zonefs
