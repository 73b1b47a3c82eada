// What a file system is given besides its device: a log that keeps its lines and a clock that a test moves.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "zonefs/core/file_system.h"
#include "zonefs/core/log.h"

namespace zonecopy::test {

class CapturingLog final : public zonefs::Log {
 public:
  using Line = std::pair<zonefs::Severity, std::string>;

  void write(zonefs::Severity severity, const std::string& message) override { lines_.emplace_back(severity, message); }
  [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }
  [[nodiscard]] bool contains(const std::string& text) const {
    for (const Line& line : lines_) {
      if (line.second.find(text) != std::string::npos) return true;
    }
    return false;
  }
  void clear() { lines_.clear(); }

 private:
  std::vector<Line> lines_;
};

/// Stands still until it is told otherwise. Outlives the functions it hands out.
class ManualClock {
 public:
  [[nodiscard]] std::int64_t now_ns() const { return now_ns_; }
  void advance(std::int64_t duration_ns) { now_ns_ += duration_ns; }
  [[nodiscard]] zonefs::Clock function() {
    return [this] { return now_ns_; };
  }

 private:
  std::int64_t now_ns_ = 1'700'000'000'000'000'000;
};

}  // namespace zonecopy::test
