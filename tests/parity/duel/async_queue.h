// Asynchronous I/O by both of Linux' interfaces.
#pragma once

#include <liburing.h>
#include <linux/aio_abi.h>

#include <cstdint>
#include <vector>

namespace parity {

struct AsyncRequest {
  bool is_write = false;
  int fd = -1;
  void* memory = nullptr;
  std::uint64_t length = 0;
  std::int64_t offset = 0;
};

class AsyncQueue {
 public:
  AsyncQueue();
  ~AsyncQueue();
  AsyncQueue(const AsyncQueue&) = delete;
  AsyncQueue& operator=(const AsyncQueue&) = delete;

  /// libaio: all are submitted in order before any is waited for. Results are bytes or negative errno.
  [[nodiscard]] std::vector<std::int64_t> run_aio(const std::vector<AsyncRequest>& requests);
  [[nodiscard]] std::int64_t run_uring(const AsyncRequest& request);

 private:
  aio_context_t context_ = 0;
  io_uring ring_{};
};

}  // namespace parity
