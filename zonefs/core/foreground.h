// What copies from one device of a mount to another do to background copies: they go before those of all devices
// concerned, and those in the background give way on all of them.
#pragma once

#include <algorithm>
#include <vector>

#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

/// A foreground operation on several devices, from add() to the end of its life.
class ForegroundOperation {
 public:
  ForegroundOperation() = default;
  ~ForegroundOperation() {
    for (ForegroundFirst* const pace : paces_) pace->end();
  }
  ForegroundOperation(const ForegroundOperation&) = delete;
  ForegroundOperation& operator=(const ForegroundOperation&) = delete;

  /// `volume` must outlive it. Adding one twice changes nothing.
  void add(Volume& volume) {
    if (std::ranges::find(paces_, &volume.background) != paces_.end()) return;
    paces_.push_back(&volume.background);
    volume.background.begin();
  }

 private:
  std::vector<ForegroundFirst*> paces_;
};

/// The pace of a copy in the background that several devices take part in: each step waits for all of them.
class BackgroundPace final : public CopyPace {
 public:
  /// `volume` must outlive it.
  void add(Volume& volume) {
    if (std::ranges::find(paces_, &volume.background) == paces_.end()) paces_.push_back(&volume.background);
  }
  [[nodiscard]] std::uint64_t step_max_bytes() const override {
    std::uint64_t bytes = paces_.front()->step_max_bytes();
    for (const ForegroundFirst* const pace : paces_) bytes = std::min(bytes, pace->step_max_bytes());
    return bytes;
  }
  Task<void> before(std::uint64_t bytes, const CancelToken* cancel) override {
    for (ForegroundFirst* const pace : paces_) co_await pace->before(bytes, cancel);
  }

 private:
  std::vector<ForegroundFirst*> paces_;
};

}  // namespace zonecopy::zonefs
