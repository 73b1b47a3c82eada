#include "src/uring/sleep_until.h"
#include "zonecopy/copy_pace.h"

namespace zonecopy {

std::int64_t LoopTimer::now_ns() const { return monotonic_now_ns(); }

Task<void> LoopTimer::wait_until(std::int64_t time_ns, const CancelToken* cancel) {
  co_await sleep_until(loop_, time_ns, cancel);
}

}  // namespace zonecopy
