#include "src/uring/ring.h"

#include <time.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace zonecopy {

namespace {

// Only one thread submits (SINGLE_ISSUER). It enters the kernel regularly, so the kernel need not interrupt it to post
// completions (DEFER_TASKRUN); a flag tells that there are some (TASKRUN_FLAG).
constexpr unsigned best_flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
                                IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CLAMP;
constexpr unsigned plain_flags = IORING_SETUP_CLAMP;
constexpr unsigned big_flags = IORING_SETUP_SQE128 | IORING_SETUP_CQE32;

/// A hint for the user about an error of the setup.
const char* setup_hint(int code) {
  switch (code) {
    case EMFILE: return "this process may open no more files (ulimit -n)";
    case ENFILE: return "the system has no more open files (sysctl fs.file-max)";
    case ENOMEM: return "there is not enough memory, or this process may not lock so much (ulimit -v, -l)";
    case EAGAIN: return "something is used up (ulimit -u)";
    default:
      return "this kernel has no io_uring, or forbids it (sysctl kernel.io_uring_disabled, or a filter of system "
             "calls)";
  }
}

/// Whether the error passes by itself: a signal, no memory for a moment, or completions that must be fetched first.
bool is_temporary(int code) { return code == -EINTR || code == -EAGAIN || code == -EBUSY || code == -ENOMEM; }

}  // namespace

Result<std::unique_ptr<Ring>> Ring::create(const EventLoop::Options& options) {
  std::unique_ptr<Ring> ring(new Ring);
  int code = -EINVAL;
  // Kernels before 5.19 lack SQE128 and CQE32, those before 6.1 DEFER_TASKRUN.
  for (const bool big : {true, false}) {
    if (big && !options.sqe128_cqe32) continue;
    for (const unsigned flags : {best_flags, plain_flags}) {
      if (code != -EINVAL) break;
      io_uring_params params{};
      params.flags = flags | (big ? big_flags : 0);
      code = io_uring_queue_init_params(options.entries, &ring->ring_, &params);
      ring->sqe128_cqe32_ = big;
    }
  }
  if (code < 0) {
    ring->ring_.ring_fd = -1;
    return Error(-code, "io_uring setup", setup_hint(-code));
  }
  const int tried = ring->try_out();
  if (tried < 0) return Error(-tried, "io_uring enter", setup_hint(-tried));
  return ring;
}

int Ring::try_out() {
  io_uring_prep_nop(io_uring_get_sqe(&ring_));
  int code = 0;
  do {
    code = io_uring_submit_and_wait(&ring_, 1);
  } while (code == -EINTR || code == -EAGAIN);
  if (code < 0) return code;
  io_uring_cqe* completion = nullptr;
  code = io_uring_peek_cqe(&ring_, &completion);
  if (code == 0) io_uring_cqe_seen(&ring_, completion);
  return code;
}

Ring::~Ring() {
  if (ring_.ring_fd >= 0) io_uring_queue_exit(&ring_);
}

void Ring::submit(RingOperation& operation) {
  if (!make_room(1)) return complete(operation, failure_, 0);
  put(operation.entry_, user_data(operation));
}

void Ring::submit_linked(const RingOperation::EntryBytes& first, RingOperation& second) {
  // Two entries are linked only if they are submitted by one call, so there must be room for both.
  if (!make_room(2)) return complete(second, failure_, 0);
  io_uring_sqe& entry = put(first, first_user_data(second));
  entry.flags |= IOSQE_IO_LINK;
  if (tells_failed_firsts_only()) entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
  put(second.entry_, user_data(second));
}

bool Ring::make_room(unsigned entries) {
  while (failure_ == 0 && io_uring_sq_space_left(&ring_) < entries) {
    enter(false);
    // If the completion queue is full, the kernel takes no entries until completions are fetched.
    collect();
  }
  return failure_ == 0;
}

io_uring_sqe& Ring::put(const RingOperation::EntryBytes& entry, std::uint64_t user_data) {
  io_uring_sqe* const place = io_uring_get_sqe(&ring_);
  std::memcpy(place, entry.data(), sqe128_cqe32_ ? 128 : 64);
  io_uring_sqe_set_data64(place, user_data);
  return *place;
}

bool Ring::register_sparse_buffers(unsigned count) { return io_uring_register_buffers_sparse(&ring_, count) == 0; }

bool Ring::update_buffer(unsigned index, std::span<std::byte> memory) {
  const iovec piece{memory.data(), memory.size()};
  const __u64 tag = 0;
  return io_uring_register_buffers_update_tag(&ring_, index, &piece, &tag, 1) == 1;
}

void Ring::enter(bool wait) {
  const int code = wait ? io_uring_submit_and_wait(&ring_, 1) : io_uring_submit(&ring_);
  if (code >= 0 || code == -EINTR) return;
  if (!is_temporary(code)) {
    failure_ = code;
    return;
  }
  // A pause before the next attempt, as nothing reports that there is memory again.
  constexpr timespec pause{0, 1'000'000};
  if (io_uring_cq_ready(&ring_) == 0) nanosleep(&pause, nullptr);
}

void Ring::submit_and_collect(bool wait) {
  if (failure_ == 0 && (wait || io_uring_sq_ready(&ring_) != 0)) enter(wait);
  collect();
  if (failure_ != 0) throw std::system_error(-failure_, std::generic_category(), "io_uring enter");
}

void Ring::collect() {
  io_uring_cqe* completion = nullptr;
  while (io_uring_peek_cqe(&ring_, &completion) == 0) {
    const std::uint64_t named = io_uring_cqe_get_data64(completion);
    const std::int32_t result = completion->res;
    const std::uint64_t big_cqe = sqe128_cqe32_ ? completion->big_cqe[0] : 0;
    io_uring_cqe_seen(&ring_, completion);
    auto& operation = *reinterpret_cast<RingOperation*>(named & ~first_mark);
    if ((named & first_mark) == 0) {
      complete(operation, result, big_cqe);
    } else if (tells_failed_firsts_only()) {
      complete(operation, -ECANCELED, 0);
    }
  }
}

void Ring::complete(RingOperation& operation, std::int32_t result, std::uint64_t big_cqe) {
  operation.result_ = result;
  operation.big_cqe_ = big_cqe;
  operation.completed_ = true;
  if (operation.handle_) scheduler_->make_ready(operation.handle_);
}

}  // namespace zonecopy
