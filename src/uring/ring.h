// The io_uring under an event loop: submits entries, hands completions to the operations that wait for them.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <memory>

#include "zonecopy/event_loop.h"
#include "zonecopy/result.h"

namespace zonecopy {

class Ring {
 public:
  static Result<std::unique_ptr<Ring>> create(const EventLoop::Options& options);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  [[nodiscard]] bool big_entries() const { return big_entries_; }

  /// Queues `operation`; its coroutine goes on through `scheduler` when the kernel has completed it.
  void submit(RingOperation& operation);

  /// Gives queued entries to the kernel, waits for a completion if `wait`, and makes the waiters of all completions
  /// ready.
  void turn(bool wait, Scheduler& scheduler);

  /// Makes room for `count` pieces of registered memory; false where the kernel has no such thing.
  bool make_memory_table(unsigned count);
  /// Puts `memory` into the table, or takes out what is there where it is empty; false where the kernel will not.
  bool set_memory(unsigned number, std::span<std::byte> memory);

 private:
  Ring() = default;
  /// Whether io_uring_enter(2) works: a filter of system calls may forbid it alone. A negative errno if not.
  int try_out();
  /// Gives queued entries to the kernel; throws where it will take none any more, which is no state to go on in.
  void enter(bool wait);

  io_uring ring_{};
  bool big_entries_ = false;
};

}  // namespace zonecopy
