// EventLoop: one thread, one io_uring, and the coroutines that wait on it.
#pragma once

#include <array>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <typeindex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "zonecopy/buffer.h"
#include "zonecopy/frame_pool.h"
#include "zonecopy/result.h"
#include "zonecopy/task.h"

namespace zonecopy {

// Parts of a loop, which are nobody else's: declared here, so that their symbols stay within the library.
class RegisteredMemory;
class Ring;
class SurplusTimer;
class WorkerPool;

}  // namespace zonecopy

#pragma GCC visibility push(default)

namespace zonecopy {

class EventLoop;

/// One io_uring operation. Its submission queue entry is complete when the object is made, and is submitted when the
/// object is awaited. Awaiting gives cqe->res: a negative errno, or what the operation returns. Await it at most once,
/// on the loop's thread. It may be moved until then, must not be destroyed before it has completed, and the loop must
/// outlive it.
class [[nodiscard]] RingOperation {
 public:
  /// A 128-byte entry (IORING_SETUP_SQE128). Ordinary operations of io_uring use the first 64 bytes.
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
  /// cqe->big_cqe[0], the extra word of a 32-byte completion (IORING_SETUP_CQE32): DW0 and DW1 of an NVMe command. 0 in
  /// a ring without these.
  [[nodiscard]] std::uint64_t big_cqe() const { return big_cqe_; }
  [[nodiscard]] bool completed() const { return completed_; }

 protected:
  friend class Ring;
  void submit();

  Ring* ring_;
  EntryBytes entry_;
  std::coroutine_handle<> handle_;
  std::int32_t result_ = 0;
  bool completed_ = false;
  std::uint64_t big_cqe_ = 0;
};

/// Two linked operations (IOSQE_IO_LINK): the second begins when the first has succeeded, and both together are one
/// wait. Awaiting gives the result of the second: -ECANCELED if the first failed, or transferred less than it should.
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

/// A blocking function that runs on a worker thread. It must not use anything that belongs to the loop's thread, must
/// not throw, and what it refers to must outlive the await. Awaiting gives what the function returns.
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

/// A duration, with the layout of struct __kernel_timespec, from which io_uring reads it. It must outlive the await.
struct TimeSpec {
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
};

/// Runs coroutines on one thread, the loop's thread: the one that made it and calls run(). Nothing here may be called
/// on another thread. A coroutine of the loop must not block, and must not call run() of the same loop: both stop all
/// others.
class EventLoop final : public Scheduler {
 public:
  struct Options {
    std::uint32_t entries = 256;  ///< length of the submission queue; more operations than that may be under way
    /// 128-byte submission entries and 32-byte completions, which NVMe passthrough needs. Kernels before 5.19 lack
    /// them: see EventLoop::sqe128_cqe32.
    bool sqe128_cqe32 = false;
  };

  /// ENOSYS or EPERM: the kernel has no io_uring, or forbids it. EMFILE, ENFILE, ENOMEM or EAGAIN: a limit is reached.
  static Result<std::unique_ptr<EventLoop>> create(const Options& options);
  /// Waits for worker threads. No coroutine of the loop may be left that waits, as its frame is not destroyed; so a
  /// coroutine of the loop must not destroy it.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void make_ready(std::coroutine_handle<> handle) override;
  void make_ready_later(std::coroutine_handle<> handle) override;

  /// Starts a coroutine that nobody awaits. It runs at once, up to its first wait, and its frame is destroyed when it
  /// ends. What it refers to must outlive it. May be called from a coroutine.
  void spawn(Task<void> task);

  /// Runs until stop() is called. Throws std::system_error where the kernel refuses to take more work. Not from a
  /// coroutine.
  void run();
  /// Ends run() before the next coroutine runs. The others stay as they are. May be called from a coroutine.
  void stop() { stopped_ = true; }

  /// Runs until `task` has finished, and returns its result. Other coroutines run meanwhile. Throws std::system_error
  /// where the kernel refuses to take more work; the task is destroyed then. Not from a coroutine.
  template <typename T>
  T run(Task<T> task);

  // io_uring operations. Awaiting one gives a negative errno, or what the system call of the same name returns. Data
  // and file descriptors must outlive the await. A transfer may be short, as with read(2) and write(2).
  RingOperation read(int fd, std::span<std::byte> data, std::uint64_t offset_bytes);
  RingOperation write(int fd, std::span<const std::byte> data, std::uint64_t offset_bytes);
  RingOperation fdatasync(int fd);
  RingOperation fallocate(int fd, int mode, std::uint64_t offset_bytes, std::uint64_t length_bytes);
  RingOperation poll(int fd, std::uint32_t events);  ///< waits once; gives the events that are ready
  /// Waits until there is something to read, then reads: poll(2) and read(2). `fd` must have O_NONBLOCK.
  LinkedOperation read_when_ready(int fd, std::span<std::byte> data);
  RingOperation sleep(const TimeSpec& duration);  ///< gives -ETIME when the time is over
  /// Cancels `pending`, which another coroutine awaits: it ends soon, with -ECANCELED unless it has completed already.
  /// Gives -ENOENT if it is not under way.
  RingOperation cancel(const RingOperation& pending);
  /// Cancels the first operation of `pending` in the same way, and with it the second.
  RingOperation cancel_first(const LinkedOperation& pending);
  /// An operation whose entry the caller has filled in, all but user_data.
  RingOperation operation(const RingOperation::EntryBytes& entry);

  /// See BlockingCall. At most a few run at once; others wait for a thread.
  BlockingCall blocking(std::function<int()> function);

  /// The one T that all users of the loop share, such as what devices of a kind know of each other. It is made when it is
  /// first asked for, and destroyed with the loop, so after all that use it.
  template <typename T>
  [[nodiscard]] T& shared() {
    std::shared_ptr<void>& place = shared_[std::type_index(typeid(T))];
    if (!place) place = std::make_shared<T>();
    return *static_cast<T*>(place.get());
  }

  /// Whether run() is under way. Who is destroyed then must not run the loop to end what it has begun.
  [[nodiscard]] bool running() const { return running_; }

  /// Whether the ring has 128-byte entries and 32-byte completions.
  [[nodiscard]] bool sqe128_cqe32() const;

  /// Registers buffers with the kernel (io_uring_register_buffers(3)), for pools whose buffers are used many times.
  /// Lives as long as the loop.
  [[nodiscard]] MemoryRegistry& memory();
  /// The buffer index (sqe->buf_index) of the registered buffer that contains all of `data`; nothing if none does.
  [[nodiscard]] std::optional<std::uint16_t> buffer_index(std::span<const std::byte> data) const;

 private:
  friend class BlockingCall;
  EventLoop(std::unique_ptr<Ring> ring, std::unique_ptr<WorkerPool> workers);
  void submit_blocking(BlockingCall& call);
  void run_ready();
  void run_ready_once();
  void enter_ring();

  /// Says that the loop runs, as long as it lives.
  class Running {
   public:
    explicit Running(EventLoop& loop) : loop_(loop) { loop_.running_ = true; }
    ~Running() { loop_.running_ = false; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    EventLoop& loop_;
  };

  std::unique_ptr<Ring> ring_;
  std::unique_ptr<SurplusTimer> surplus_timer_;
  std::unique_ptr<RegisteredMemory> memory_;
  FramePool::Owner frames_;
  std::unique_ptr<WorkerPool> workers_;
  std::vector<std::coroutine_handle<>> ready_;
  std::vector<std::coroutine_handle<>> ready_later_;  ///< become ready after the ring was entered next
  std::unordered_map<std::type_index, std::shared_ptr<void>> shared_;
  bool stopped_ = false;
  bool running_ = false;
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
  const Running running(*this);
  const FramePool::Use use(*frames_);
  const Task<void>::Handle root = detail::finish_into(std::move(task), &result, &done).detach(*this);
  root.resume();
  try {
    while (true) {
      run_ready();
      if (done) break;  // before the ring waits, since nothing may be left to wait for
      enter_ring();
    }
  } catch (...) {
    if (!done) root.destroy();  // destroys what the task holds, in order
    throw;
  }
  return std::move(*result);
}

}  // namespace zonecopy

#pragma GCC visibility pop
