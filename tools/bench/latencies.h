// How long single copies took. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace zonecopy::benching {

/// Counts them to about a thousandth, so that memory has a bound however many there are.
class Latencies {
 public:
  void add(std::uint64_t nanoseconds);
  void add(const Latencies& other);
  [[nodiscard]] std::uint64_t count() const { return count_; }

  struct Summary {
    std::uint64_t p50_ns = 0;
    std::uint64_t p99_ns = 0;
    std::uint64_t p9999_ns = 0;
    std::uint64_t max_ns = 0;
  };
  /// Each percentile is the smallest sample that so many are not longer than (nearest rank). All 0 without samples.
  [[nodiscard]] Summary summary() const;

 private:
  [[nodiscard]] std::uint64_t nearest_rank(std::uint64_t hundredths_of_a_percent) const;

  std::map<std::uint64_t, std::uint64_t> samples_;  ///< how many there are of each, by its leading bits
  std::uint64_t count_ = 0;
  std::uint64_t max_ns_ = 0;
};

/// The middle one, or the mean of the two in the middle. `values` is not empty.
[[nodiscard]] double median(std::vector<double> values);

}  // namespace zonecopy::benching
