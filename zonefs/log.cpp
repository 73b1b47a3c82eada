#include "log.h"

#include <fmt/format.h>
#include <syslog.h>

#include <cstdio>

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

void StandardErrorLog::write(Severity severity, const std::string& message) {
  fmt::print(stderr, "{}{}: {}\n", prefix_, marker(severity), message);
}

SystemLog::SystemLog(std::string prefix) : prefix_(std::move(prefix)) { openlog("zonecopyfs", LOG_PID, LOG_DAEMON); }

SystemLog::~SystemLog() { closelog(); }

void SystemLog::write(Severity severity, const std::string& message) {
  syslog(priority(severity), "%s%s: %s", prefix_.c_str(), marker(severity), message.c_str());
}

}  // namespace zonecopy::zonefs
