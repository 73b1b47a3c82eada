#include "src/uring/surplus_timer.h"

#include <cstring>
#include <utility>

namespace zonecopy {
namespace {

__kernel_timespec period{1, 0};  // the kernel only reads it

RingOperation::EntryBytes wait_for_period() {
  io_uring_sqe entry{};
  io_uring_prep_timeout(&entry, &period, 0, 0);
  RingOperation::EntryBytes bytes{};
  std::memcpy(bytes.data(), &entry, sizeof entry);
  return bytes;
}

}  // namespace

void SurplusTimer::watch(Surplus& surplus) noexcept {
  if (surplus.watched_) return;
  surplus.watched_ = true;
  surplus.next_watched_ = std::exchange(first_, &surplus);
}

void SurplusTimer::forget(Surplus& surplus) noexcept {
  if (!surplus.watched_) return;
  Surplus** place = &first_;
  while (*place != &surplus) place = &(*place)->next_watched_;
  *place = surplus.next_watched_;
  surplus.watched_ = false;
}

void SurplusTimer::begin_wait() {
  if (first_ == nullptr || time_) return;
  time_.emplace(ring_, wait_for_period());
  ring_.submit(*time_);
}

void SurplusTimer::look() {
  if (!time_ || !time_->completed()) return;
  time_.reset();
  ask_all();
}

void SurplusTimer::ask_all() {
  for (Surplus** place = &first_; *place != nullptr;) {
    Surplus& surplus = **place;
    if (surplus.give_back_unused()) {
      place = &surplus.next_watched_;
    } else {
      *place = surplus.next_watched_;
      surplus.watched_ = false;
    }
  }
}

}  // namespace zonecopy
