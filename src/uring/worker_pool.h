// Threads for the system calls that io_uring does not have (FICLONERANGE, copy_file_range).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "zonecopy/event_loop.h"

namespace zonecopy {

class WorkerPool {
 public:
  /// Starts one thread at once, so that every call will run even if no other can be started. Returns the error if the
  /// thread or the event descriptor cannot be made (EAGAIN, EMFILE).
  static Result<std::unique_ptr<WorkerPool>> create(std::uint32_t threads_max);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void submit(BlockingCall& call);

  /// Readable when calls have finished.
  [[nodiscard]] int finished_fd() const { return finished_fd_; }
  /// Calls submitted and not yet collected. Loop's thread only.
  [[nodiscard]] std::uint32_t under_way() const { return under_way_; }
  /// Makes the waiters of all finished calls ready. Loop's thread only.
  void collect(Scheduler& scheduler);

 private:
  WorkerPool(std::uint32_t threads_max, int finished_fd);
  /// Returns 0, or the errno if no thread can be started.
  int start_thread();
  void work();

  const std::uint32_t threads_max_;
  int finished_fd_ = -1;
  std::uint32_t under_way_ = 0;
  std::vector<std::thread> threads_;

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable wake_;
  std::deque<BlockingCall*> queue_;
  std::deque<BlockingCall*> finished_;
  std::uint32_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace zonecopy
