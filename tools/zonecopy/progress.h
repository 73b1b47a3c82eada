// How far long work is, how fast, and how long it will take; and the lines that say so. Pure: the time is passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "tools/zonecopy/json.h"

namespace zonecopy::tools {

struct Progress {
  std::string_view phase;  ///< "copy" or "verify"; the text is static
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;
  std::uint64_t bytes_per_second = 0;
  std::optional<std::uint64_t> seconds_left;  ///< none while nothing moves
};

/// Measures the rate over the last seconds, so that it follows a device that becomes slower, or a way that changes.
class ProgressMeter {
 public:
  using Clock = std::chrono::steady_clock;

  ProgressMeter(std::string_view phase, std::uint64_t total_bytes, Clock::time_point now);
  /// Notes how much is done. It may have become less, where one of several destinations has failed.
  void note(std::uint64_t done_bytes, Clock::time_point now);
  [[nodiscard]] Progress progress(Clock::time_point now) const;

 private:
  struct Sample {
    Clock::time_point time;
    std::uint64_t done_bytes = 0;
  };
  std::string_view phase_;
  std::uint64_t total_bytes_;
  std::uint64_t done_bytes_ = 0;
  std::deque<Sample> samples_;  ///< not empty; the oldest is the one that the rate is measured from
};

/// "copy:  42%  1.2GiB of 3GiB  512MiB/s  4 s left", without an end of line.
[[nodiscard]] std::string progress_text(const Progress& progress);
/// The members phase, done_bytes, total_bytes, bytes_per_second and seconds_left (null where not known).
[[nodiscard]] Json progress_json(const Progress& progress);
/// "4 s", "3 min 20 s", "2 h 5 min", "3 d 4 h".
[[nodiscard]] std::string duration_text(std::uint64_t seconds);

}  // namespace zonecopy::tools
