#include "zonefs/fuse/caller_watch.h"

#include <algorithm>

#include "zonefs/core/caller.h"
#include "zonefs/fuse/interruption.h"

namespace zonecopy::zonefs {
namespace {

// Short enough that a person who kills a process does not wait, and long enough to cost little.
constexpr TimeSpec between_looks{0, 100'000'000};

// So many are checked at a time, so that the loop is not held up where thousands wait.
constexpr std::size_t checks_max = 64;

}  // namespace

void CallerWatch::add(Interruption& request) {
  request.index_ = waiting_.size();
  request.came_before_look_ = looks_;
  waiting_.push_back(&request);
  any_since_look_ = true;
  if (!looking_ && !stopped_) loop_.spawn(look_now_and_then());
}

void CallerWatch::remove(Interruption& request) {
  waiting_.back()->index_ = request.index_;
  waiting_[request.index_] = waiting_.back();
  waiting_.pop_back();
}

/// Runs only while there are requests, so that a mount that is not used does not wake up.
Task<void> CallerWatch::look_now_and_then() {
  const GatePass pass(running_);
  looking_ = true;
  while (any_since_look_ && !stopped_) {
    any_since_look_ = !waiting_.empty();
    RingOperation pause = loop_.sleep(between_looks);
    pause_ = &pause;
    co_await pause;
    pause_ = nullptr;
    ++looks_;
    look();
  }
  looking_ = false;
}

void CallerWatch::look() {
  std::vector<Interruption*> dying;
  for (std::size_t count = std::min(checks_max, waiting_.size()); count > 0; --count) {
    next_ = (next_ + 1) % waiting_.size();
    Interruption* const request = waiting_[next_];
    const bool long_enough = looks_ - request->came_before_look_ >= 2;
    if (long_enough && is_dying(request->caller_)) dying.push_back(request);
  }
  // The coroutines that this wakes run later, so that the list does not change during this loop.
  for (Interruption* const request : dying) request->token_.request();
}

Task<void> CallerWatch::end_pause() {
  const GatePass pass(running_);
  RingOperation cancel = loop_.cancel(*pause_);
  co_await cancel;
}

Event& CallerWatch::stop() {
  stopped_ = true;
  if (pause_ != nullptr) loop_.spawn(end_pause());
  return running_.drained();
}

}  // namespace zonecopy::zonefs
