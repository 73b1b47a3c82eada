#include "uring/ring.h"

#include <cstring>

namespace zonecopy {

Result<std::unique_ptr<Ring>> Ring::create(const EventLoop::Options& options) {
  std::unique_ptr<Ring> ring(new Ring);
  io_uring_params params{};
  // One thread submits; completions need not interrupt it, since it comes to fetch them, and are told to be there.
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
                 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CLAMP;
  if (options.big_entries) params.flags |= IORING_SETUP_SQE128 | IORING_SETUP_CQE32;
  int code = io_uring_queue_init_params(options.entries, &ring->ring_, &params);
  if (code == -EINVAL) {  // kernels before 6.1 know no DEFER_TASKRUN
    params = {};
    params.flags = IORING_SETUP_CLAMP;
    if (options.big_entries) params.flags |= IORING_SETUP_SQE128 | IORING_SETUP_CQE32;
    code = io_uring_queue_init_params(options.entries, &ring->ring_, &params);
  }
  if (code < 0) {
    ring->ring_.ring_fd = -1;
    return Error(-code, "io_uring setup",
                 "this kernel has no io_uring, or forbids it (sysctl kernel.io_uring_disabled)");
  }
  ring->big_entries_ = options.big_entries;
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
