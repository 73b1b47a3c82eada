#include "tests/parity/duel/async_queue.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace parity {
namespace {

constexpr unsigned requests_max = 16;

}  // namespace

AsyncQueue::AsyncQueue() {
  if (syscall(SYS_io_setup, requests_max, &context_) != 0)
    throw std::runtime_error(fmt::format("io_setup: {}", std::strerror(errno)));
  if (const int error = io_uring_queue_init(requests_max, &ring_, 0); error < 0) {
    throw std::runtime_error(fmt::format("io_uring: {}", std::strerror(-error)));
  }
}

AsyncQueue::~AsyncQueue() {
  syscall(SYS_io_destroy, context_);
  io_uring_queue_exit(&ring_);
}

std::vector<std::int64_t> AsyncQueue::run_aio(const std::vector<AsyncRequest>& requests) {
  std::vector<std::int64_t> results;
  std::vector<iocb> blocks(requests.size());
  std::size_t submitted = 0;
  for (std::size_t number = 0; number < requests.size(); ++number) {
    const AsyncRequest& request = requests[number];
    iocb& block = blocks[number];
    block.aio_data = number;
    block.aio_lio_opcode = request.is_write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
    block.aio_fildes = static_cast<std::uint32_t>(request.fd);
    block.aio_buf = reinterpret_cast<std::uint64_t>(request.memory);
    block.aio_nbytes = request.length;
    block.aio_offset = request.offset;
    iocb* one = &block;
    const bool taken = syscall(SYS_io_submit, context_, 1, &one) == 1;
    results.push_back(taken ? 0 : -errno);
    if (taken) ++submitted;
  }
  for (; submitted > 0; --submitted) {
    io_event event{};
    while (syscall(SYS_io_getevents, context_, 1, 1, &event, nullptr) != 1) {
      if (errno != EINTR) throw std::runtime_error(fmt::format("io_getevents: {}", std::strerror(errno)));
    }
    results.at(event.data) = event.res;
  }
  return results;
}

std::int64_t AsyncQueue::run_uring(const AsyncRequest& request) {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  const auto length = static_cast<unsigned>(request.length);
  const auto offset = static_cast<std::uint64_t>(request.offset);
  if (request.is_write) {
    io_uring_prep_write(entry, request.fd, request.memory, length, offset);
  } else {
    io_uring_prep_read(entry, request.fd, request.memory, length, offset);
  }
  io_uring_submit(&ring_);
  io_uring_cqe* completion = nullptr;
  int error = 0;
  do {
    error = io_uring_wait_cqe(&ring_, &completion);
  } while (error == -EINTR);
  if (error != 0) throw std::runtime_error(fmt::format("io_uring: {}", std::strerror(-error)));
  const std::int64_t result = completion->res;
  io_uring_cqe_seen(&ring_, completion);
  return result;
}

}  // namespace parity
