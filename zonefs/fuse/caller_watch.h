// Callers that are killed while they wait. FUSE tells of a signal (FUSE_INTERRUPT), but not where the kernel sent the request
// beside others, as it does with direct I/O (fs/fuse/file.c, fuse_async_req_send): then the caller cannot die before the
// answer. So whoever has waited for a while is looked at.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "zonecopy/event_loop.h"
#include "zonecopy/sync.h"

namespace zonecopy::zonefs {

class Interruption;

/// Whether a line "SigPnd: …" of /proc/PID/status has SIGKILL (proc_pid_status(5)). A fatal signal of any kind becomes one
/// for all threads of a process.
[[nodiscard]] bool shows_pending_kill(std::string_view status);

class CallerWatch {
 public:
  explicit CallerWatch(EventLoop& loop) : loop_(loop) {}
  CallerWatch(const CallerWatch&) = delete;
  CallerWatch& operator=(const CallerWatch&) = delete;

  void add(Interruption& request);
  void remove(Interruption& request);
  /// Looks no more. What it returns is set when the watch does not use the loop any more.
  [[nodiscard]] Event& stop();

 private:
  Task<void> look_now_and_then();
  void look();
  Task<void> end_pause();

  EventLoop& loop_;
  Gate running_;
  std::vector<Interruption*> waiting_;
  std::uint64_t looks_ = 0;
  bool any_since_look_ = false;
  bool looking_ = false;
  bool stopped_ = false;
  RingOperation* pause_ = nullptr;
};

}  // namespace zonecopy::zonefs
