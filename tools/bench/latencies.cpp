#include "tools/bench/latencies.h"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace zonecopy::benching {
namespace {

constexpr int leading_bits = 10;

std::uint64_t rounded(std::uint64_t nanoseconds) {
  const int dropped_bits = std::max(0, static_cast<int>(std::bit_width(nanoseconds)) - leading_bits);
  return nanoseconds >> dropped_bits << dropped_bits;
}

}  // namespace

void Latencies::add(std::uint64_t nanoseconds) {
  ++samples_[rounded(nanoseconds)];
  ++count_;
  max_ns_ = std::max(max_ns_, nanoseconds);
}

void Latencies::add(const Latencies& other) {
  for (const auto& [nanoseconds, count] : other.samples_) samples_[nanoseconds] += count;
  count_ += other.count_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

/// The smallest sample that so many are not longer than.
std::uint64_t Latencies::nearest_rank(std::uint64_t hundredths_of_a_percent) const {
  const std::uint64_t rank = std::max<std::uint64_t>(1, (count_ * hundredths_of_a_percent + 9999) / 10000);
  std::uint64_t before = 0;
  for (const auto& [nanoseconds, count] : samples_) {
    before += count;
    if (before >= rank) return nanoseconds;
  }
  return max_ns_;
}

Latencies::Summary Latencies::summary() const {
  if (count_ == 0) return {};
  return {nearest_rank(5000), nearest_rank(9900), nearest_rank(9999), max_ns_};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace zonecopy::benching
