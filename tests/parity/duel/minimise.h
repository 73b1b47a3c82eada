// The shortest sequence of steps that still shows a difference.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

namespace parity {

using StepNumbers = std::vector<std::uint64_t>;

/// Leaves out what can be left out, as long as `shows_difference` and the time last.
[[nodiscard]] StepNumbers minimise(StepNumbers numbers, const std::function<bool(const StepNumbers&)>& shows_difference,
                                   std::chrono::steady_clock::time_point deadline);

}  // namespace parity
