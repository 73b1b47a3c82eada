#include "tools/bench/latencies.h"

#include <algorithm>
#include <cstddef>

namespace zonecopy::benching {
namespace {

/// `percent_of_100` in hundredths of a percent, so that no fraction is rounded.
std::uint64_t nearest_rank(const std::vector<std::uint64_t>& sorted, std::uint64_t percent_of_100) {
  const std::size_t rank = (sorted.size() * percent_of_100 + 9999) / 10000;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

Latencies::Summary Latencies::summary() const {
  if (samples_.empty()) return {};
  std::vector<std::uint64_t> sorted = samples_;
  std::sort(sorted.begin(), sorted.end());
  return {nearest_rank(sorted, 5000), nearest_rank(sorted, 9900), nearest_rank(sorted, 9999), sorted.back()};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace zonecopy::benching
