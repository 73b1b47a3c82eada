#include "src/uring/sleep_until.h"

#include <ctime>

#include "zonecopy/sync.h"

namespace zonecopy {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;

/// Ends a wait for a timer when a token is requested.
class WaitEnd final : public CancelHook {
 public:
  WaitEnd(EventLoop& loop, const RingOperation& pause) : loop_(loop), pause_(pause) {}
  /// Set while no cancellation is under way, which the loop must not be left with.
  [[nodiscard]] Event& settled() { return cancelling_.drained(); }

 private:
  void cancelled() override { loop_.spawn(end_pause()); }

  Task<void> end_pause() {
    const GatePass pass(cancelling_);
    RingOperation cancel = loop_.cancel(pause_);
    co_await cancel;
  }

  EventLoop& loop_;
  const RingOperation& pause_;
  Gate cancelling_;
};

}  // namespace

std::int64_t monotonic_now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * ns_per_second + now.tv_nsec;
}

Task<void> sleep_until(EventLoop& loop, std::int64_t time_ns, const CancelToken* cancel) {
  const std::int64_t left_ns = time_ns - monotonic_now_ns();
  if (left_ns <= 0 || (cancel != nullptr && cancel->requested())) co_return;
  const TimeSpec duration{left_ns / ns_per_second, left_ns % ns_per_second};
  RingOperation pause = loop.sleep(duration);
  WaitEnd wait_end(loop, pause);
  wait_end.attach(cancel);
  co_await pause;
  wait_end.detach();
  Event& settled = wait_end.settled();
  co_await settled;
}

}  // namespace zonecopy
