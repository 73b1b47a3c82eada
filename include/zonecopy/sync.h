// Events and gates for coroutines of one event loop. On the loop's thread only. They must outlive those that wait on
// them. Waiters continue in the order in which they came.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

#include "zonecopy/cancel.h"
#include "zonecopy/keyed_locks.h"
#include "zonecopy/task.h"
#include "zonecopy/wait_list.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// Awaiting it lets everything else that is ready run first, and fetches completions from the kernel.
struct Yield {
  bool await_ready() const { return false; }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) const {
    handle.promise().scheduler->make_ready_later(handle);
  }
  void await_resume() const {}
};

/// Awaiting an event waits until it is set. While it is set, awaiting does not wait.
class Event {
 public:
  class [[nodiscard]] Wait : private WaitNode {
   public:
    explicit Wait(Event& event) : event_(event) {}
    bool await_ready() const { return event_.set_; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) {
      set_waiter(handle);
      event_.waiters_.push_back(*this);
    }
    void await_resume() const {}

   private:
    Event& event_;
  };

  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  /// Sets the event and makes all waiters ready. They run later, not within this call.
  void set() {
    set_ = true;
    while (WaitNode* const waiter = waiters_.pop_front()) waiter->wake();
  }
  void reset() { set_ = false; }
  [[nodiscard]] bool is_set() const { return set_; }
  Wait operator co_await() { return Wait(*this); }

 private:
  bool set_ = false;
  WaitList waiters_;
};

/// Counts work under way.
class Gate {
 public:
  void enter() { ++inside_; }
  void leave() {
    if (--inside_ == 0) empty_.set();
  }
  [[nodiscard]] std::uint64_t inside() const { return inside_; }
  /// The event to await until no work is under way. Call it before each wait.
  [[nodiscard]] Event& drained() {
    empty_.reset();
    if (inside_ == 0) empty_.set();
    return empty_;
  }

 private:
  std::uint64_t inside_ = 0;
  Event empty_;
};

/// Counts as work of a gate, which must outlive it.
class GatePass {
 public:
  explicit GatePass(Gate& gate) : gate_(&gate) { gate.enter(); }
  GatePass(GatePass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
  GatePass& operator=(GatePass&&) = delete;
  ~GatePass() {
    if (gate_) gate_->leave();
  }

 private:
  Gate* gate_;
};

}  // namespace zonecopy

#pragma GCC visibility pop
