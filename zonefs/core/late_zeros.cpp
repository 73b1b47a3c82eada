#include "zonefs/core/late_zeros.h"

namespace zonecopy::zonefs {
namespace {

// A file is left alone for one to two of them.
constexpr TimeSpec between_looks{1, 0};

}  // namespace

bool LateZeros::may_wait(FileNumber number) const {
  const FileEnd* const end = volume_.files.ends.find(number);
  const bool untouched = end != nullptr && end->tail.empty() && !end->written;
  return untouched && !finishing_ && !volume_.read_only() && volume_.files.whole_blocks(end->zeros_bytes);
}

void LateZeros::leave(FileNumber number) {
  left_[number] = looks_;
  if (!looking_ && volume_.options.zeros_are_swept) volume_.loop.spawn(look_now_and_then());
}

Task<void> LateZeros::look_now_and_then() {
  const GatePass pass(running_);
  looking_ = true;
  while (!left_.empty() && !finishing_) {
    RingOperation pause = volume_.loop.sleep(between_looks);
    pause_ = &pause;
    co_await pause;
    pause_ = nullptr;
    ++looks_;
    for (auto place = left_.begin(); place != left_.end() && !finishing_;) {
      const FileNumber number = place->first;
      const bool long_enough = looks_ - place->second >= 2;
      place = long_enough ? left_.erase(place) : std::next(place);
      if (!long_enough) continue;
      co_await write_zeros(number);
      place = left_.upper_bound(number);  // others may have been left meanwhile
    }
  }
  looking_ = false;
}

Task<void> LateZeros::write_zeros(FileNumber number) {
  KeyedLocks::Guard guard = co_await volume_.locks.write(number);
  // Whoever has it open for writing now looks after it when he closes it.
  if (volume_.files[number].write_openers != 0) co_return;
  co_await end_now(number, guard);
}

Task<void> LateZeros::end_now(FileNumber number, KeyedLocks::Guard& guard) {
  const WriteOutcome ended = co_await stream_.end_of_writing(number);
  if (!ended.on_device) co_return;
  volume_.log_error(*ended.error);
  co_await recovery_.after_write_error(number, *ended.error, guard);
}

Task<void> LateZeros::end_pause() {
  const GatePass pass(running_);
  RingOperation cancel = volume_.loop.cancel(*pause_);
  co_await cancel;
}

Task<void> LateZeros::finish() {
  finishing_ = true;
  if (pause_ != nullptr) volume_.loop.spawn(end_pause());
  Event& ended = running_.drained();
  co_await ended;
  while (!left_.empty()) {
    const FileNumber number = left_.begin()->first;
    left_.erase(left_.begin());
    co_await write_zeros(number);
  }
}

}  // namespace zonecopy::zonefs
