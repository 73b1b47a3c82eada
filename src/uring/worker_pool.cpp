#include "src/uring/worker_pool.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <system_error>

namespace zonecopy {

Result<std::unique_ptr<WorkerPool>> WorkerPool::create(std::uint32_t threads_max) {
  const int finished_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (finished_fd < 0) return Error(errno, "make eventfd");
  std::unique_ptr<WorkerPool> pool(new WorkerPool(threads_max, finished_fd));
  const int code = pool->start_thread();
  if (code != 0) return Error(code, "start thread", "see the limit of processes (ulimit -u)");
  return pool;
}

WorkerPool::WorkerPool(std::uint32_t threads_max, int finished_fd)
    : threads_max_(threads_max), finished_fd_(finished_fd) {
  threads_.reserve(threads_max);
}

int WorkerPool::start_thread() {
  try {
    threads_.emplace_back([this] { work(); });
    return 0;
  } catch (const std::system_error& error) {  // all that std::thread tells
    return error.code().value();
  } catch (const std::bad_alloc&) {
    return ENOMEM;
  }
}

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
  bool too_few = false;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(&call);
    too_few = queue_.size() > idle_ && threads_.size() < threads_max_;
  }
  // Without a further one, those that are there run the call when they come to it.
  if (too_few) (void)start_thread();
  wake_.notify_one();
}

void WorkerPool::collect(Scheduler& scheduler) {
  // EAGAIN: nothing has finished since, or that was collected already. The list says which.
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t taken = read(finished_fd_, &count, sizeof count);
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
    // EAGAIN would mean that the counter is full, and then the loop is awake; nothing else can be.
    while (write(finished_fd_, &one, sizeof one) < 0 && errno == EINTR) {
    }
  }
}

}  // namespace zonecopy
