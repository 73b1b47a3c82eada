// Messages on their way from the event loop to where they end.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "zonefs/core/log.h"
#include "zonefs/host/log_sinks.h"

namespace zonecopy::zonefs {

struct LogLimits {
  std::size_t messages = 1024;                        ///< waiting for the sink
  std::chrono::milliseconds repeats_held_back{5000};  ///< so long at most is a count kept
  std::chrono::milliseconds last_wait{2000};          ///< for the sink to take what is left, in flush() and at the end
};

/// Writing a message never waits: a thread of its own hands messages to the sink, in their order, as a pipe that nobody
/// reads, a full disk or a syslog that hangs would keep a file system waiting. Where the queue is full messages are lost, and
/// how many is told. A message that is the same as the one before it is counted: how often comes before the next other
/// message, and after some seconds.
class QueuedLog final : public Log {
 public:
  explicit QueuedLog(std::unique_ptr<LogSink> sink, LogLimits limits = LogLimits());
  /// Flushes. A sink that hangs is left to its thread.
  ~QueuedLog() override;
  QueuedLog(const QueuedLog&) = delete;
  QueuedLog& operator=(const QueuedLog&) = delete;

  void write(Severity severity, const std::string& message) override;
  /// Waits until all is written, counts too, but not longer than the limit. For the last words of a process.
  void flush();

 private:
  struct Shared;  ///< with the thread, which may outlive this
  std::shared_ptr<Shared> shared_;
};

}  // namespace zonecopy::zonefs
