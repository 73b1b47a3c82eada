#include "uring/ring.h"

#include <cstring>

namespace zonecopy {

namespace {

// One thread submits; completions need not interrupt it, since it comes to fetch them, and are told to be there.
constexpr unsigned best_flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
                                IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CLAMP;
constexpr unsigned plain_flags = IORING_SETUP_CLAMP;
constexpr unsigned big_flags = IORING_SETUP_SQE128 | IORING_SETUP_CQE32;

}  // namespace

Result<std::unique_ptr<Ring>> Ring::create(const EventLoop::Options& options) {
  std::unique_ptr<Ring> ring(new Ring);
  int code = -EINVAL;
  // Kernels before 5.19 know no big entries, those before 6.1 no DEFER_TASKRUN.
  for (const bool big : {true, false}) {
    if (big && !options.big_entries) continue;
    for (const unsigned flags : {best_flags, plain_flags}) {
      if (code != -EINVAL) break;
      io_uring_params params{};
      params.flags = flags | (big ? big_flags : 0);
      code = io_uring_queue_init_params(options.entries, &ring->ring_, &params);
      ring->big_entries_ = big;
    }
  }
  if (code < 0) {
    ring->ring_.ring_fd = -1;
    return Error(-code, "io_uring setup",
                 "this kernel has no io_uring, or forbids it (sysctl kernel.io_uring_disabled)");
  }
  return ring;
}

Ring::~Ring() {
  if (ring_.ring_fd >= 0) io_uring_queue_exit(&ring_);
}

void Ring::submit(RingOperation& operation) {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  while (entry == nullptr) {  // the queue is full: give it to the kernel first
    io_uring_submit(&ring_);
    entry = io_uring_get_sqe(&ring_);
  }
  std::memcpy(entry, operation.entry_.data(), big_entries_ ? 128 : 64);
  io_uring_sqe_set_data(entry, &operation);
}

bool Ring::make_memory_table(unsigned count) { return io_uring_register_buffers_sparse(&ring_, count) == 0; }

bool Ring::set_memory(unsigned number, std::span<std::byte> memory) {
  const iovec piece{memory.data(), memory.size()};
  const __u64 tag = 0;
  return io_uring_register_buffers_update_tag(&ring_, number, &piece, &tag, 1) == 1;
}

void Ring::turn(bool wait, Scheduler& scheduler) {
  if (wait) {
    io_uring_submit_and_wait(&ring_, 1);
  } else if (io_uring_sq_ready(&ring_) != 0) {
    io_uring_submit(&ring_);
  }
  io_uring_cqe* completion = nullptr;
  while (io_uring_peek_cqe(&ring_, &completion) == 0) {
    auto* operation = static_cast<RingOperation*>(io_uring_cqe_get_data(completion));
    operation->result_ = completion->res;
    if (big_entries_) operation->extra_result_ = completion->big_cqe[0];
    io_uring_cqe_seen(&ring_, completion);
    scheduler.make_ready(operation->handle_);
  }
}

}  // namespace zonecopy
