// Where messages end: standard error, a file, syslog(3).
#pragma once

#include <ctime>
#include <memory>
#include <string>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"
#include "zonefs/core/log.h"

namespace zonecopy::zonefs {

/// One at a time; may block.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(Severity severity, const std::string& message, std::time_t when) = 0;
};

/// Standard error (programs in the foreground), each line with `prefix` in front.
class StandardErrorLog final : public LogSink {
 public:
  explicit StandardErrorLog(std::string prefix) : prefix_(std::move(prefix)) {}
  void write(Severity severity, const std::string& message, std::time_t when) override;

 private:
  std::string prefix_;
};

/// A file, each line with the time in front. It can be moved away and copied while it is written to.
class FileLog final : public LogSink {
 public:
  /// Appends to `path`, which has to be absolute, or makes it. EINVAL where it is no file to write lines to.
  static Result<std::unique_ptr<LogSink>> open(const std::string& path, std::string prefix);
  void write(Severity severity, const std::string& message, std::time_t when) override;

 private:
  FileLog(FileDescriptor file, std::string prefix) : file_(std::move(file)), prefix_(std::move(prefix)) {}
  FileDescriptor file_;
  std::string prefix_;
};

/// syslog(3) (daemons).
class SystemLog final : public LogSink {
 public:
  explicit SystemLog(std::string prefix);
  ~SystemLog() override;
  void write(Severity severity, const std::string& message, std::time_t when) override;

 private:
  std::string prefix_;
};

}  // namespace zonecopy::zonefs
