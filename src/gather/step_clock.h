// The time that a gather's rate goes by. Tests have one of their own.
#pragma once

#include <chrono>

namespace zonecopy::gather {

class StepClock {
 public:
  StepClock() = default;
  virtual ~StepClock() = default;
  StepClock(const StepClock&) = delete;
  StepClock& operator=(const StepClock&) = delete;

  /// CLOCK_MONOTONIC: never goes back.
  [[nodiscard]] virtual std::chrono::nanoseconds now() const;
  virtual void sleep(std::chrono::nanoseconds duration);
};

}  // namespace zonecopy::gather
