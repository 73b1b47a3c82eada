// How long single copies took. Pure.
#pragma once

#include <cstdint>
#include <vector>

namespace zonecopy::benching {

class Latencies {
 public:
  void add(std::uint64_t nanoseconds) { samples_.push_back(nanoseconds); }
  void add(const Latencies& other) { samples_.insert(samples_.end(), other.samples_.begin(), other.samples_.end()); }
  [[nodiscard]] std::uint64_t count() const { return samples_.size(); }

  struct Summary {
    std::uint64_t p50_ns = 0;
    std::uint64_t p99_ns = 0;
    std::uint64_t p9999_ns = 0;
    std::uint64_t max_ns = 0;
  };
  /// Each percentile is the smallest sample that so many are not longer than (nearest rank). All 0 without samples.
  [[nodiscard]] Summary summary() const;

 private:
  std::vector<std::uint64_t> samples_;
};

/// The middle one, or the mean of the two in the middle. `values` is not empty.
[[nodiscard]] double median(std::vector<double> values);

}  // namespace zonecopy::benching
