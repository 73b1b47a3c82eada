#include "zonefs/host/log_sinks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>

#include "zonefs/host/print.h"

namespace zonecopy::zonefs {
namespace {

const char* marker(Severity severity) {
  switch (severity) {
    case Severity::info: return "";
    case Severity::warning: return " WARNING";
    case Severity::error: return " ERROR";
  }
  return "";
}

int priority(Severity severity) {
  switch (severity) {
    case Severity::info: return LOG_INFO;
    case Severity::warning: return LOG_WARNING;
    case Severity::error: return LOG_ERR;
  }
  return LOG_ERR;
}

}  // namespace

void StandardErrorLog::write(Severity severity, const std::string& message, std::time_t) {
  print(stderr, "{}{}: {}\n", prefix_, marker(severity), one_line(message));
}

Result<std::unique_ptr<LogSink>> FileLog::open(const std::string& path, std::string prefix) {
  // O_NONBLOCK: a pipe that nobody reads would keep us waiting before it can be refused.
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                             S_IRUSR | S_IWUSR | S_IRGRP));
  if (!file) return Error(errno, "open log").on_device(path);
  struct stat facts {};
  if (fstat(file.get(), &facts) != 0) return Error(errno, "open log").on_device(path);
  if (!S_ISREG(facts.st_mode) && !S_ISCHR(facts.st_mode)) {
    return Error(EINVAL, "open log", "log= takes a file").on_device(path);
  }
  return std::unique_ptr<LogSink>(new FileLog(std::move(file), std::move(prefix)));
}

void FileLog::write(Severity severity, const std::string& message, std::time_t when) {
  tm local{};
  localtime_r(&when, &local);
  char time[40];
  const std::size_t length = std::strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S%z", &local);
  const std::string line =
      fmt::format("{} {}{}: {}\n", std::string_view(time, length), prefix_, marker(severity), one_line(message));
  // One call, so that a line stays whole; one that finds no room is lost, and the mount goes on.
  [[maybe_unused]] const ssize_t written = ::write(file_.get(), line.data(), line.size());
}

SystemLog::SystemLog(std::string prefix) : prefix_(std::move(prefix)) { openlog("zonecopyfs", LOG_PID, LOG_DAEMON); }

SystemLog::~SystemLog() { closelog(); }

void SystemLog::write(Severity severity, const std::string& message, std::time_t) {
  syslog(priority(severity), "%s%s: %s", prefix_.c_str(), marker(severity), one_line(message).c_str());
}

}  // namespace zonecopy::zonefs
