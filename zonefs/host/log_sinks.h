// Where messages are written: standard error, a file, syslog(3).
#pragma once

#include <ctime>
#include <memory>
#include <string>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"
#include "zonefs/core/log.h"

namespace zonecopy::zonefs {

/// Writes messages. May block. Not for several threads at once.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(Severity severity, const std::string& message, std::time_t when) = 0;
};

/// Standard error, for programs in the foreground. Each line begins with `prefix`.
class StandardErrorLog final : public LogSink {
 public:
  explicit StandardErrorLog(std::string prefix) : prefix_(std::move(prefix)) {}
  void write(Severity severity, const std::string& message, std::time_t when) override;

 private:
  std::string prefix_;
};

/// A file. Each line begins with the time.
class FileLog final : public LogSink {
 public:
  /// Appends to the file `path`, which must be absolute, or makes it. EINVAL: it is not a file that lines can be
  /// written to.
  static Result<std::unique_ptr<LogSink>> open(const std::string& path, std::string prefix);
  void write(Severity severity, const std::string& message, std::time_t when) override;

 private:
  FileLog(FileDescriptor file, std::string prefix) : file_(std::move(file)), prefix_(std::move(prefix)) {}
  FileDescriptor file_;
  std::string prefix_;
};

/// syslog(3), for daemons.
class SystemLog final : public LogSink {
 public:
  explicit SystemLog(std::string prefix);
  ~SystemLog() override;
  void write(Severity severity, const std::string& message, std::time_t when) override;

 private:
  std::string prefix_;
};

}  // namespace zonecopy::zonefs
