// Finds callers that are killed while they wait for an answer. FUSE reports a signal to the caller (FUSE_INTERRUPT),
// but not for asynchronous requests, which the kernel sends for direct I/O (fs/fuse/file.c, fuse_async_req_send). Such
// a caller cannot die before it has its answer. So callers that have waited for a while are checked for a pending
// SIGKILL.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "zonecopy/event_loop.h"
#include "zonecopy/sync.h"

namespace zonecopy::zonefs {

class Interruption;

class CallerWatch {
 public:
  /// `loop` must outlive the watch.
  explicit CallerWatch(EventLoop& loop) : loop_(loop) {}
  CallerWatch(const CallerWatch&) = delete;
  CallerWatch& operator=(const CallerWatch&) = delete;

  void add(Interruption& request);
  void remove(Interruption& request);
  /// Stops checking, for good. The event is set once the watch does not use the loop any more.
  [[nodiscard]] Event& stop();

 private:
  Task<void> look_now_and_then();
  void look();
  Task<void> end_pause();

  EventLoop& loop_;
  Gate running_;
  std::vector<Interruption*> waiting_;
  std::uint64_t looks_ = 0;
  std::size_t next_ = 0;  ///< whom the next look begins with
  bool any_since_look_ = false;
  bool looking_ = false;
  bool stopped_ = false;
  RingOperation* pause_ = nullptr;
};

}  // namespace zonecopy::zonefs
