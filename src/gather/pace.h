// Holds a number of bytes per second, step by step. Pure: the time is passed in.
#pragma once

#include <chrono>
#include <cstdint>

namespace zonecopy::gather {

class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  /// 0: no limit.
  Pace(std::uint64_t bytes_per_second, Clock::time_point now) : bytes_per_second_(bytes_per_second), due_(now) {}

  [[nodiscard]] bool limited() const { return bytes_per_second_ != 0; }
  /// The most that a step should copy, so that there is one at least every tenth of a second.
  [[nodiscard]] std::uint64_t step_bytes() const;
  /// Notes that `bytes` were copied by `now`. Returns when the next step may begin.
  Clock::time_point after(std::uint64_t bytes, Clock::time_point now);

 private:
  std::uint64_t bytes_per_second_;
  Clock::time_point due_;  ///< when all that was copied is allowed to have been
};

}  // namespace zonecopy::gather
