// The io_uring under an event loop: submits entries, hands completions to the operations that wait for them.
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

  [[nodiscard]] bool big_entries() const { return big_entries_; }

  /// Queues `operation`; its coroutine goes on through `scheduler` when the kernel has completed it.
  void submit(RingOperation& operation);

  /// As submit, behind the operation that `first` describes.
  void submit_linked(const RingOperation::EntryBytes& first, RingOperation& second);

  static const RingOperation::EntryBytes& entry_of(const RingOperation& operation) { return operation.entry_; }
  /// By what the kernel names an operation, and the one before it.
  static std::uint64_t user_data(const RingOperation& operation) { return reinterpret_cast<std::uint64_t>(&operation); }
  static std::uint64_t first_user_data(const RingOperation& second) { return user_data(second) | first_mark; }

  /// Gives queued entries to the kernel, waits for a completion if `wait`, and makes the waiters of all completions
  /// ready. Throws std::system_error where the kernel takes no more, which is no state to go on in. Nothing else here does:
  /// an operation that cannot be queued for that reason completes with the errno.
  void turn(bool wait);
  /// Whose coroutines they are; before the first operation.
  void serve(Scheduler& scheduler) { scheduler_ = &scheduler; }

  /// Makes room for `count` pieces of registered memory; false where the kernel has no such thing.
  bool make_memory_table(unsigned count);
  /// Puts `memory` into the table, or takes out what is there where it is empty; false where the kernel will not.
  bool set_memory(unsigned number, std::span<std::byte> memory);

 private:
  static constexpr std::uint64_t first_mark = 1;  ///< no operation has an odd address

  Ring() = default;
  /// Room in the queue for `entries`; false where the kernel takes no more.
  bool make_room(unsigned entries);
  /// Of two linked operations the first is told of where it has failed, instead of the second. Kernels before 5.17 tell of
  /// both.
  [[nodiscard]] bool tells_failed_firsts_only() const { return (ring_.features & IORING_FEAT_CQE_SKIP) != 0; }
  io_uring_sqe& put(const RingOperation::EntryBytes& entry, std::uint64_t user_data);
  void complete(RingOperation& operation, std::int32_t result, std::uint64_t extra_result);
  /// Whether io_uring_enter(2) works: a filter of system calls may forbid it alone. A negative errno if not.
  int try_out();
  /// Gives queued entries to the kernel. That it has taken fewer than there are is no error: the rest goes with the next.
  void enter(bool wait);
  void collect();

  io_uring ring_{};
  Scheduler* scheduler_ = nullptr;
  int failure_ = 0;  ///< a negative errno: why the kernel takes no more
  bool big_entries_ = false;
};

}  // namespace zonecopy
