// What coroutines of one event loop wait on. Single-threaded; every wait is first come, first served.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "zonecopy/task.h"

namespace zonecopy {

/// A coroutine that waits, and the scheduler it goes on with.
struct Waiter {
  std::coroutine_handle<> handle;
  Scheduler* scheduler = nullptr;
  void wake() const { scheduler->make_ready(handle); }
};

template <typename Promise>
[[nodiscard]] Waiter waiter_of(std::coroutine_handle<Promise> handle) {
  return Waiter{handle, handle.promise().scheduler};
}

/// Lets everything else that is ready, and the ring, have a turn.
struct Yield {
  bool await_ready() const { return false; }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) const {
    waiter_of(handle).wake();
  }
  void await_resume() const {}
};

/// Set once; who waits then, or later, goes on.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;  // a copy would be another event, which nobody sets
  Event& operator=(const Event&) = delete;
  void set() {
    set_ = true;
    while (!waiters_.empty()) {
      waiters_.front().wake();
      waiters_.pop_front();
    }
  }
  void reset() { set_ = false; }
  [[nodiscard]] bool is_set() const { return set_; }

  bool await_ready() const { return set_; }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) {
    waiters_.push_back(waiter_of(handle));
  }
  void await_resume() const {}

 private:
  bool set_ = false;
  std::deque<Waiter> waiters_;
};

/// Counts work in flight; `drained()` waits until there is none.
class Gate {
 public:
  void enter() { ++inside_; }
  void leave() {
    if (--inside_ == 0) empty_.set();
  }
  [[nodiscard]] std::uint64_t inside() const { return inside_; }
  [[nodiscard]] Event& drained() {
    empty_.reset();
    if (inside_ == 0) empty_.set();
    return empty_;
  }

 private:
  std::uint64_t inside_ = 0;
  Event empty_;
};

/// Holds a gate open for as long as it lives.
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

/// Readers-writer locks by key (a zone or file number). A key nobody holds costs no memory, so that a device of a
/// hundred thousand zones pays only for those in use. First come, first served: a reader behind a waiting writer waits.
class KeyedLocks {
 public:
  enum class Mode : std::uint8_t { shared, exclusive };

  class [[nodiscard]] Guard {
   public:
    Guard() = default;
    Guard(KeyedLocks& locks, std::uint64_t key, Mode mode) : locks_(&locks), key_(key), mode_(mode) {}
    Guard(Guard&& other) noexcept
        : locks_(std::exchange(other.locks_, nullptr)), key_(other.key_), mode_(other.mode_) {}
    Guard& operator=(Guard&& other) noexcept {
      release();
      locks_ = std::exchange(other.locks_, nullptr);
      key_ = other.key_;
      mode_ = other.mode_;
      return *this;
    }
    ~Guard() { release(); }
    void release() {
      if (locks_) std::exchange(locks_, nullptr)->unlock(key_, mode_);
    }

   private:
    KeyedLocks* locks_ = nullptr;
    std::uint64_t key_ = 0;
    Mode mode_ = Mode::shared;
  };

  class [[nodiscard]] Acquire {
   public:
    Acquire(KeyedLocks& locks, std::uint64_t key, Mode mode) : locks_(locks), key_(key), mode_(mode) {}
    bool await_ready() { return locks_.try_lock(key_, mode_); }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) {
      locks_.entries_[key_].queue.push_back(Waiting{waiter_of(handle), mode_});
    }
    Guard await_resume() { return Guard(locks_, key_, mode_); }

   private:
    KeyedLocks& locks_;
    std::uint64_t key_;
    Mode mode_;
  };

  [[nodiscard]] Acquire exclusive(std::uint64_t key) { return Acquire(*this, key, Mode::exclusive); }
  [[nodiscard]] Acquire shared(std::uint64_t key) { return Acquire(*this, key, Mode::shared); }
  /// The lock, if nobody has it or waits for it.
  [[nodiscard]] std::optional<Guard> try_exclusive(std::uint64_t key) {
    if (!try_lock(key, Mode::exclusive)) return std::nullopt;
    return std::optional<Guard>(std::in_place, *this, key, Mode::exclusive);
  }
  [[nodiscard]] bool idle() const { return entries_.empty(); }

 private:
  struct Waiting {
    Waiter waiter;
    Mode mode;
  };
  struct Entry {
    std::uint32_t readers = 0;
    bool writer = false;
    std::deque<Waiting> queue;
    [[nodiscard]] bool admits(Mode mode) const { return !writer && (mode == Mode::shared || readers == 0); }
    void admit(Mode mode) {
      if (mode == Mode::exclusive) writer = true;
      else ++readers;
    }
  };

  bool try_lock(std::uint64_t key, Mode mode);
  void unlock(std::uint64_t key, Mode mode);

  std::unordered_map<std::uint64_t, Entry> entries_;
};

/// Asks long work to stop at the next moment where it can tell exactly what has been done. May be asked from any thread.
class CancelToken {
 public:
  void request() { requested_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool requested() const { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_{false};
};

}  // namespace zonecopy
