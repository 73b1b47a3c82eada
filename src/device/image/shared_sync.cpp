#include "src/device/image/shared_sync.h"

#include <utility>

namespace zonecopy::image {

Task<int> SharedSync::sync() {
  // A sync that is already running may have begun before the caller's writes ended.
  const std::uint64_t wanted = begun_ + 1;
  while (finished_ < wanted) {
    if (running_) {
      const std::shared_ptr<Event> finish = next_finish_;
      Event& finished = *finish;
      co_await finished;
      if (code_ != 0) co_return code_;  // a later sync would not cover the data that this one has dropped
      continue;
    }
    running_ = true;
    const std::uint64_t number = ++begun_;
    const int code = co_await store_.sync();
    running_ = false;
    finished_ = number;
    code_ = code;
    if (code == 0) durable_ = number;
    std::exchange(next_finish_, std::make_shared<Event>())->set();
  }
  co_return code_;
}

}  // namespace zonecopy::image
