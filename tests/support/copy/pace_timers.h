// Times that a test moves.
#pragma once

#include <algorithm>
#include <vector>

#include "zonecopy/copy_pace.h"
#include "zonecopy/sync.h"

namespace zonecopy::test {

/// Nothing takes time but waiting, and what the test adds.
class JumpingTimer final : public PaceTimer {
 public:
  [[nodiscard]] std::int64_t now_ns() const override { return now_ns_; }
  Task<void> wait_until(std::int64_t time_ns, const CancelToken*) override {
    if (time_ns <= now_ns_) co_return;
    now_ns_ = time_ns;
    co_await Yield();
  }
  void advance(std::int64_t duration_ns) { now_ns_ += duration_ns; }

 private:
  std::int64_t now_ns_ = 1'000'000'000'000;
};

/// Stands still until it is moved, and has whoever waits wait until then.
class StandingTimer final : public PaceTimer {
 public:
  [[nodiscard]] std::int64_t now_ns() const override { return now_ns_; }
  Task<void> wait_until(std::int64_t time_ns, const CancelToken* cancel) override {
    ++waiting_;
    while (time_ns > now_ns_ && (cancel == nullptr || !cancel->requested())) co_await Yield();
    --waiting_;
  }
  void advance(std::int64_t duration_ns) { now_ns_ += duration_ns; }
  [[nodiscard]] int waiting() const { return waiting_; }

 private:
  std::int64_t now_ns_ = 1'000'000'000'000;
  int waiting_ = 0;
};

}  // namespace zonecopy::test
