// The io_uring of an event loop: submits entries and hands completions to the operations that wait for them.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <memory>

#include "zonecopy/event_loop.h"
#include "zonecopy/result.h"

namespace zonecopy {

class Ring {
 public:
  static Result<std::unique_ptr<Ring>> create(const EventLoop::Options& options);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  [[nodiscard]] bool sqe128_cqe32() const { return sqe128_cqe32_; }

  /// Queues `operation`. Its coroutine becomes ready when the kernel has completed it.
  void submit(RingOperation& operation);

  /// Queues the entry `first` and, linked to it, `second`.
  void submit_linked(const RingOperation::EntryBytes& first, RingOperation& second);

  static const RingOperation::EntryBytes& entry_of(const RingOperation& operation) { return operation.entry_; }
  /// sqe->user_data of an operation, and of the first of two linked ones.
  static std::uint64_t user_data(const RingOperation& operation) { return reinterpret_cast<std::uint64_t>(&operation); }
  static std::uint64_t first_user_data(const RingOperation& second) { return user_data(second) | first_mark; }

  /// Submits queued entries, waits for a completion if `wait`, and makes the coroutines of all completions ready.
  /// Throws std::system_error where the kernel refuses to take entries for good, as the loop cannot continue then. No
  /// other function throws: an operation that cannot be queued for that reason completes with the errno.
  void submit_and_collect(bool wait);
  /// Sets the scheduler of all coroutines. To be called before the first operation.
  void set_scheduler(Scheduler& scheduler) { scheduler_ = &scheduler; }

  /// Makes an empty table of `count` registered buffers; false where the kernel does not support it.
  bool register_sparse_buffers(unsigned count);
  /// Puts `memory` into the table at `index`, or removes the buffer there if `memory` is empty; false where the kernel
  /// refuses.
  bool update_buffer(unsigned index, std::span<std::byte> memory);

 private:
  static constexpr std::uint64_t first_mark = 1;  ///< no operation has an odd address

  Ring() = default;
  /// Makes room in the queue for `entries`; false where the kernel refuses to take entries.
  bool make_room(unsigned entries);
  /// Whether, of two linked operations, the first gives a completion only if it fails, and the second then gives none.
  /// Kernels before 5.17 give a completion for both.
  [[nodiscard]] bool tells_failed_firsts_only() const { return (ring_.features & IORING_FEAT_CQE_SKIP) != 0; }
  io_uring_sqe& put(const RingOperation::EntryBytes& entry, std::uint64_t user_data);
  void complete(RingOperation& operation, std::int32_t result, std::uint64_t big_cqe);
  /// Tries io_uring_enter(2), which a system call filter may forbid even where it allows the setup. 0 or a negative
  /// errno.
  int try_out();
  /// Submits queued entries. If the kernel takes only some of them, the others are submitted by the next call.
  void enter(bool wait);
  void collect();

  io_uring ring_{};
  Scheduler* scheduler_ = nullptr;
  int failure_ = 0;  ///< why the kernel refuses to take entries, a negative errno; 0 if it does not
  bool sqe128_cqe32_ = false;
};

}  // namespace zonecopy
