// EventLoop: one thread, one io_uring, and the coroutines that wait on it.
#pragma once

#include <array>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "zonecopy/buffer.h"
#include "zonecopy/frame_pool.h"
#include "zonecopy/result.h"
#include "zonecopy/task.h"

namespace zonecopy {

class EventLoop;
class RegisteredMemory;
class Ring;
class SurplusTimer;
class WorkerPool;

/// One io_uring operation: its submission queue entry is ready when it is made, and is submitted when it is awaited.
/// Awaiting gives cqe->res: a negative errno or what the operation returns. It may be moved until then.
class [[nodiscard]] RingOperation {
 public:
  /// Room for a 128-byte entry (IORING_SETUP_SQE128), of which io_uring's ordinary operations use the first 64.
  using EntryBytes = std::array<std::byte, 128>;

  RingOperation(Ring& ring, const EntryBytes& entry) : ring_(&ring), entry_(entry) {}
  RingOperation(RingOperation&&) = default;
  RingOperation& operator=(RingOperation&&) = delete;
  RingOperation(const RingOperation&) = delete;
  RingOperation& operator=(const RingOperation&) = delete;
  ~RingOperation() = default;

  bool await_ready() const { return false; }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) {
    handle_ = handle;
    submit();
  }
  std::int32_t await_resume() const { return result_; }
  /// The second word of a 32-byte completion (IORING_SETUP_CQE32); an NVMe command's DW0 and DW1.
  [[nodiscard]] std::uint64_t extra_result() const { return extra_result_; }
  [[nodiscard]] bool completed() const { return completed_; }

 protected:
  friend class Ring;
  void submit();

  Ring* ring_;
  EntryBytes entry_;
  std::coroutine_handle<> handle_;
  std::int32_t result_ = 0;
  bool completed_ = false;
  std::uint64_t extra_result_ = 0;
};

/// Two operations of which the second begins when the first has succeeded (IOSQE_IO_LINK), for the price of one wait. Gives
/// the result of the second: -ECANCELED where the first has failed, or has transferred less than it was to.
class [[nodiscard]] LinkedOperation final : public RingOperation {
 public:
  LinkedOperation(RingOperation first, RingOperation second);

  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) {
    handle_ = handle;
    submit();
  }

 private:
  void submit();

  EntryBytes first_entry_;
};

/// A function that blocks, run on another thread. It must not touch what belongs to the loop's thread.
class [[nodiscard]] BlockingCall {
 public:
  BlockingCall(EventLoop& loop, std::function<int()> function) : loop_(loop), function_(std::move(function)) {}
  BlockingCall(const BlockingCall&) = delete;
  BlockingCall& operator=(const BlockingCall&) = delete;

  bool await_ready() const { return false; }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) {
    handle_ = handle;
    submit();
  }
  int await_resume() const { return result_; }

 private:
  friend class WorkerPool;
  void submit();

  EventLoop& loop_;
  std::function<int()> function_;
  std::coroutine_handle<> handle_;
  int result_ = 0;
};

/// A duration in the form that io_uring reads it (struct __kernel_timespec). Outlives the await.
struct TimeSpec {
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
};

class EventLoop final : public Scheduler {
 public:
  struct Options {
    std::uint32_t entries = 256;
    /// 128-byte submissions and 32-byte completions, which NVMe passthrough needs; as far as the kernel has them.
    bool big_entries = false;
  };

  /// ENOSYS or EPERM where the kernel has no io_uring or forbids it; EMFILE, ENOMEM, EAGAIN where something is used up.
  static Result<std::unique_ptr<EventLoop>> create(const Options& options);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void make_ready(std::coroutine_handle<> handle) override;
  void make_ready_later(std::coroutine_handle<> handle) override;

  /// Starts a coroutine that nobody awaits.
  void spawn(Task<void> task);

  /// Runs until stop() is called.
  void run();
  void stop() { stopped_ = true; }

  /// Runs until `task` has finished and returns its result. For programs that do one thing. Throws std::system_error where
  /// the kernel takes no more work; what the task holds is destroyed then.
  template <typename T>
  T run(Task<T> task);

  // Each returns a negative errno or what the system call of the same name returns. Buffers outlive the await.
  RingOperation read(int fd, std::span<std::byte> data, std::uint64_t offset_bytes);
  RingOperation write(int fd, std::span<const std::byte> data, std::uint64_t offset_bytes);
  RingOperation fdatasync(int fd);
  RingOperation fallocate(int fd, int mode, std::uint64_t offset_bytes, std::uint64_t length_bytes);
  RingOperation poll(int fd, std::uint32_t events);
  /// Reads when there is something to read: poll(2) and then read(2), of a descriptor that has O_NONBLOCK.
  LinkedOperation read_when_ready(int fd, std::span<std::byte> data);
  RingOperation sleep(const TimeSpec& duration);  ///< gives -ETIME
  /// Has `pending`, which somebody awaits, end soon with -ECANCELED.
  RingOperation cancel(const RingOperation& pending);
  /// Has the first operation of `pending` end so, and with it the second.
  RingOperation cancel_first(const LinkedOperation& pending);
  /// An operation whose entry the caller has filled.
  RingOperation operation(const RingOperation::EntryBytes& entry);

  BlockingCall blocking(std::function<int()> function);

  [[nodiscard]] bool big_entries() const;

  /// For pools whose buffers are read into and written from again and again (io_uring_register_buffers(3)).
  [[nodiscard]] MemoryRegistry& memory();
  /// The number by which an operation names registered memory that all of `data` lies in.
  [[nodiscard]] std::optional<std::uint16_t> registered(std::span<const std::byte> data) const;

 private:
  friend class BlockingCall;
  EventLoop(std::unique_ptr<Ring> ring, std::unique_ptr<WorkerPool> workers);
  void submit_blocking(BlockingCall& call);
  void run_ready();
  void run_ready_once();
  void turn_ring();

  std::unique_ptr<Ring> ring_;
  std::unique_ptr<SurplusTimer> surplus_timer_;
  std::unique_ptr<RegisteredMemory> memory_;
  FramePool::Owner frames_;
  std::unique_ptr<WorkerPool> workers_;
  std::vector<std::coroutine_handle<>> ready_;
  std::vector<std::coroutine_handle<>> ready_later_;  ///< after the next turn of the ring
  bool stopped_ = false;
};

namespace detail {
template <typename T>
Task<void> finish_into(Task<T> task, std::optional<T>* result, bool* done) {
  T value = co_await task;
  result->emplace(std::move(value));
  *done = true;
}
}  // namespace detail

template <typename T>
T EventLoop::run(Task<T> task) {
  std::optional<T> result;
  bool done = false;
  stopped_ = false;
  const FramePool::Use use(*frames_);
  const Task<void>::Handle root = detail::finish_into(std::move(task), &result, &done).detach(*this);
  root.resume();
  try {
    while (true) {
      run_ready();
      if (done) break;  // before the ring is asked to wait: nothing may be left to wait for
      turn_ring();
    }
  } catch (...) {
    if (!done) root.destroy();  // what the task holds is given up in order
    throw;
  }
  return std::move(*result);
}

}  // namespace zonecopy
