// A line on the terminal that shows the progress of a copy. It prints nothing if standard error is no terminal.
#pragma once

#include <chrono>
#include <cstdint>

namespace zonecopy::tools {

class ProgressLine {
 public:
  explicit ProgressLine(std::uint64_t total_bytes);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  /// Removes the line.
  ~ProgressLine();

  void show(std::uint64_t done_bytes);

 private:
  using Clock = std::chrono::steady_clock;
  std::uint64_t total_bytes_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point shown_;
  bool terminal_;
  bool visible_ = false;
};

}  // namespace zonecopy::tools
