// CopyPace: what slows copies down. The copy engine asks it before each step, and tells it what has been copied.
#pragma once

#include <cstdint>

#include "zonecopy/cancel.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/task.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// Several copies may share a pace, at once too. It must outlive them. On the loop's thread only.
class CopyPace {
 public:
  CopyPace() = default;
  virtual ~CopyPace() = default;
  CopyPace(const CopyPace&) = delete;
  CopyPace& operator=(const CopyPace&) = delete;

  /// The longest step of a copy: a Copy command, or a read and the writes of its data. 0: as long as the devices take.
  /// Asked when a copy begins. A step is a block at least.
  [[nodiscard]] virtual std::uint64_t step_max_bytes() const { return 0; }

  /// Waits until the next step, of `bytes`, may begin; not longer than until `cancel` (may be null) is requested. 0
  /// bytes: other destinations of the same copy have counted them already.
  virtual Task<void> before(std::uint64_t bytes, const CancelToken* cancel) = 0;

  /// So many more bytes have arrived at every destination of a copy that has not failed.
  virtual void copied(std::uint64_t bytes) { (void)bytes; }
};

/// The time that paces go by. Tests have one of their own.
class PaceTimer {
 public:
  PaceTimer() = default;
  virtual ~PaceTimer() = default;
  PaceTimer(const PaceTimer&) = delete;
  PaceTimer& operator=(const PaceTimer&) = delete;

  /// Never goes back.
  [[nodiscard]] virtual std::int64_t now_ns() const = 0;
  /// Waits until then, or until `cancel` (may be null) is requested.
  virtual Task<void> wait_until(std::int64_t time_ns, const CancelToken* cancel) = 0;
};

/// CLOCK_MONOTONIC, and the timers of a loop, which must outlive it.
class LoopTimer final : public PaceTimer {
 public:
  explicit LoopTimer(EventLoop& loop) : loop_(loop) {}
  [[nodiscard]] std::int64_t now_ns() const override;
  Task<void> wait_until(std::int64_t time_ns, const CancelToken* cancel) override;

 private:
  EventLoop& loop_;
};

}  // namespace zonecopy

#pragma GCC visibility pop
