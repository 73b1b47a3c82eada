#include "zonecopy/throttle.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace zonecopy {
namespace {

constexpr std::int64_t catch_up_max_ns = 40'000'000;
constexpr std::uint64_t steps_per_second = 50;
/// Blocks of the file systems that images lie on: a step that cuts one cannot share it.
constexpr std::uint64_t step_min_bytes = 4096;

}  // namespace

std::int64_t RateLimit::take(std::uint64_t bytes, std::int64_t now_ns) {
  const std::int64_t begin_ns = last_ns_ ? std::max(*last_ns_, now_ns - catch_up_max_ns) : now_ns;
  const double duration_ns = static_cast<double>(bytes) * 1e9 / static_cast<double>(bytes_per_second_);
  last_ns_ = begin_ns + std::llround(duration_ns);
  return *last_ns_;
}

std::uint64_t RateLimit::step_max_bytes() const {
  return std::max(step_min_bytes, std::bit_floor(bytes_per_second_ / steps_per_second));
}

Task<void> Throttle::before(std::uint64_t bytes, const CancelToken* cancel) {
  if (cancel != nullptr && cancel->requested()) co_return;
  const std::int64_t time_ns = limit_.take(bytes, timer_.now_ns());
  co_await timer_.wait_until(time_ns, cancel);
}

}  // namespace zonecopy
