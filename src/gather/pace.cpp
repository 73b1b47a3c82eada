#include "src/gather/pace.h"

#include <algorithm>
#include <limits>

namespace zonecopy::gather {
namespace {

// A step that was late is made up for, or every delay of the machine would make the copy slower than the limit. What is
// later than this is lost: after a pause of the device there is no burst.
constexpr std::chrono::milliseconds made_up_at_most{250};

}  // namespace

std::uint64_t Pace::step_bytes() const {
  return limited() ? std::max<std::uint64_t>(1, bytes_per_second_ / 10) : std::numeric_limits<std::uint64_t>::max();
}

Pace::Clock::time_point Pace::after(std::uint64_t bytes, Clock::time_point now) {
  if (!limited()) return now;
  const std::chrono::duration<double> takes(static_cast<double>(bytes) / static_cast<double>(bytes_per_second_));
  due_ = std::max(due_ + std::chrono::duration_cast<Clock::duration>(takes), now - made_up_at_most);
  return due_;
}

}  // namespace zonecopy::gather
