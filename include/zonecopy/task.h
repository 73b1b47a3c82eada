// Task<T>: a coroutine that another one awaits, or that an EventLoop starts with spawn().
//
// There is no symmetric transfer of control: without optimisation GCC 12 makes real calls of it, and a long loop of
// awaits then overflows the stack. Instead, a finished task puts its awaiter on the loop's ready queue. If a task
// finishes without suspending, its awaiter continues at once.
//
// GCC 12 miscompiles other uses of co_await than these (tests/lint checks it): as a whole statement, or as the whole
// initializer of a named local, with no lambda or aggregate temporary inside the awaited expression.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

#include "zonecopy/frame_pool.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// Resumes coroutines that can continue. The event loop is a scheduler. On its thread only.
class Scheduler {
 public:
  /// Resumes `handle` soon, but not within this call.
  virtual void make_ready(std::coroutine_handle<> handle) = 0;
  /// The same, but after everything else that is ready, and after completions were fetched from the kernel.
  virtual void make_ready_later(std::coroutine_handle<> handle) { make_ready(handle); }

 protected:
  ~Scheduler() = default;
};

namespace detail {

class PromiseBase {
 public:
  std::suspend_always initial_suspend() noexcept { return {}; }
  auto final_suspend() noexcept { return FinalAwaiter{}; }
  // An exception that leaves a coroutine is a bug, or there is no memory; nobody could handle it.
  void unhandled_exception() noexcept { std::terminate(); }

  static void* operator new(std::size_t size_bytes) { return FramePool::allocate(size_bytes); }
  static void operator delete(void* frame) noexcept { FramePool::release(frame); }

  Scheduler* scheduler = nullptr;
  std::coroutine_handle<> awaiter;
  bool starting = false;  ///< the awaiter is still inside await_suspend
  bool detached = false;  ///< nobody awaits: the frame destroys itself

 private:
  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> self) noexcept {
      PromiseBase& promise = self.promise();
      if (promise.detached) {
        self.destroy();
      } else if (!promise.starting && promise.awaiter) {
        promise.scheduler->make_ready(promise.awaiter);
      }
    }
    void await_resume() noexcept {}
  };
};

template <typename T>
class Promise : public PromiseBase {
 public:
  template <typename U>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T take() { return std::move(*value_); }

 private:
  std::optional<T> value_;
};

template <>
class Promise<void> : public PromiseBase {
 public:
  void return_void() {}
  void take() {}
};

}  // namespace detail

/// A coroutine that gives a T. It starts when it is awaited (once), on the awaiter's scheduler, and is destroyed with
/// the Task. Its parameters are copied or moved into its frame; what they refer to must outlive the await. A Task that
/// was started must not be destroyed before it has finished.
template <typename T = void>
class [[nodiscard]] Task {
 public:
  class promise_type : public detail::Promise<T> {
   public:
    Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
  };
  using Handle = std::coroutine_handle<promise_type>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  template <typename AwaiterPromise>
  bool await_suspend(std::coroutine_handle<AwaiterPromise> awaiter) {
    auto& promise = handle_.promise();
    promise.scheduler = awaiter.promise().scheduler;
    promise.awaiter = awaiter;
    promise.starting = true;
    handle_.resume();
    promise.starting = false;
    return !handle_.done();
  }
  T await_resume() { return handle_.promise().take(); }

  /// Releases the coroutine, which then runs on `scheduler` once it is resumed, and destroys itself at its end. For
  /// EventLoop.
  Handle detach(Scheduler& scheduler) {
    handle_.promise().scheduler = &scheduler;
    handle_.promise().detached = true;
    return std::exchange(handle_, {});
  }

 private:
  explicit Task(Handle handle) : handle_(handle) {}
  Handle handle_;
};

}  // namespace zonecopy

#pragma GCC visibility pop
