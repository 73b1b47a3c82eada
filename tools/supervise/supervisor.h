// Answers the calls of a supervised command until no process of it is left.
#pragma once

#include <condition_variable>
#include <mutex>

#include "tools/supervise/listener.h"

namespace zonecopy::supervise {

struct SuperviseOptions {
  bool require_offload = false;  ///< a clone that the device does not carry out by itself fails
};

class Supervisor {
 public:
  Supervisor(Listener listener, SuperviseOptions options) : listener_(std::move(listener)), options_(options) {}

  /// Returns when no process has the filter any more, and everything that was begun for them is done or undone.
  void run();

 private:
  [[nodiscard]] static bool is_the_kernels(const seccomp_notif& notification);
  void handle(const seccomp_notif& notification);
  void handle_without_thread(const seccomp_notif& notification);

  Listener listener_;
  SuperviseOptions options_;
  std::mutex mutex_;
  std::condition_variable ended_;
  unsigned under_way_ = 0;  ///< calls that a thread works at; `mutex_` guards it
};

}  // namespace zonecopy::supervise
