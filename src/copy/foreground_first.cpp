#include "zonecopy/foreground_first.h"

#include <algorithm>

#include "src/copy/linked_cancel.h"

namespace zonecopy {

Task<void> ForegroundFirst::before(std::uint64_t, const CancelToken* cancel) {
  if (under_way_ == 0 && begun_ == waited_out_) co_return;
  const std::int64_t latest_ns = timer_.now_ns() + options_.wait_max_ns;
  bool quiet = false;
  while (!quiet && timer_.now_ns() < latest_ns && (cancel == nullptr || !cancel->requested())) {
    const std::uint64_t begun = begun_;
    if (under_way_ > 0) {
      co_await wait_for_the_end(latest_ns, cancel);
    } else {
      const std::int64_t quiet_from_ns = std::min(latest_ns, timer_.now_ns() + options_.quiet_ns);
      co_await timer_.wait_until(quiet_from_ns, cancel);
      quiet = begun == begun_;
    }
  }
  waited_out_ = begun_;
}

Task<void> ForegroundFirst::wait_for_the_end(std::int64_t latest_ns, const CancelToken* cancel) {
  LinkedCancel ended(cancel);
  CancelToken* const token = &ended.token();
  waiting_.push_back(token);
  co_await timer_.wait_until(latest_ns, token);
  std::erase(waiting_, token);
}

void ForegroundFirst::wake() {
  const std::vector<CancelToken*> waiting = std::move(waiting_);
  waiting_.clear();
  for (CancelToken* const token : waiting) token->request();
}

}  // namespace zonecopy
