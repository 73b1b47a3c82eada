#include "uring/worker_pool.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace zonecopy {

WorkerPool::WorkerPool(std::uint32_t threads_max)
    : threads_max_(threads_max), finished_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  close(finished_fd_);
}

void WorkerPool::submit(BlockingCall& call) {
  ++under_way_;
  bool start_thread = false;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(&call);
    start_thread = queue_.size() > idle_ && threads_.size() < threads_max_;
  }
  if (start_thread) threads_.emplace_back([this] { work(); });
  wake_.notify_one();
}

void WorkerPool::collect(Scheduler& scheduler) {
  std::uint64_t count = 0;
  if (read(finished_fd_, &count, sizeof count) < 0) return;
  std::deque<BlockingCall*> finished;
  {
    const std::lock_guard lock(mutex_);
    finished.swap(finished_);
  }
  for (BlockingCall* call : finished) {
    --under_way_;
    scheduler.make_ready(call->handle_);
  }
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    BlockingCall* call = queue_.front();
    queue_.pop_front();
    lock.unlock();
    call->result_ = call->function_();
    lock.lock();
    finished_.push_back(call);
    const std::uint64_t one = 1;
    // Cannot fail: the counter is far from full and the descriptor is ours.
    [[maybe_unused]] const ssize_t written = write(finished_fd_, &one, sizeof one);
  }
}

}  // namespace zonecopy
