#include "zonecopy/event_loop.h"

#include <poll.h>

#include <cstring>
#include <exception>

#include "src/uring/farewell.h"
#include "src/uring/registered_memory.h"
#include "src/uring/ring.h"
#include "src/uring/surplus_timer.h"
#include "src/uring/worker_pool.h"

namespace zonecopy {
namespace {

// Enough to overlap a few copies, whose speed depends on the disk and not on the number of threads.
constexpr std::uint32_t worker_threads_max = 4;
constexpr int ready_rounds_max = 16;

RingOperation::EntryBytes bytes_of(const io_uring_sqe& entry) {
  RingOperation::EntryBytes bytes{};
  std::memcpy(bytes.data(), &entry, sizeof entry);
  return bytes;
}

/// Waits for finished calls of the pool until none is under way.
Task<void> collect_finished_calls(EventLoop& loop, WorkerPool& workers) {
  constexpr TimeSpec pause{0, 10'000'000};
  while (workers.under_way() > 0) {
    const std::int32_t result = co_await loop.poll(workers.finished_fd(), POLLIN);
    if (result < 0) co_await loop.sleep(pause);  // no memory: what has finished is looked for from time to time
    workers.collect(loop);
  }
}

}  // namespace

void RingOperation::submit() { ring_->submit(*this); }

LinkedOperation::LinkedOperation(RingOperation first, RingOperation second)
    : RingOperation(std::move(second)), first_entry_(Ring::entry_of(first)) {}

void LinkedOperation::submit() { ring_->submit_linked(first_entry_, *this); }

Result<std::unique_ptr<EventLoop>> EventLoop::create(const Options& options) {
  Result<std::unique_ptr<Ring>> ring = Ring::create(options);
  if (!ring) return ring.error();
  Result<std::unique_ptr<WorkerPool>> workers = WorkerPool::create(worker_threads_max);
  if (!workers) return workers.error();
  return std::unique_ptr<EventLoop>(new EventLoop(std::move(*ring), std::move(*workers)));
}

EventLoop::EventLoop(std::unique_ptr<Ring> ring, std::unique_ptr<WorkerPool> workers)
    : ring_(std::move(ring)),
      surplus_timer_(std::make_unique<SurplusTimer>(*ring_)),
      memory_(std::make_unique<RegisteredMemory>(*ring_, surplus_timer_.get())),
      frames_(FramePool::create(FramePool::default_kept_max_bytes(), surplus_timer_.get())),
      workers_(std::move(workers)) {
  ring_->set_scheduler(*this);
}

EventLoop::~EventLoop() {
  try {
    end_farewells(*this);
  } catch (const std::exception&) {
    // No memory, or a kernel that takes no more work: what is left is lost with the process.
  }
}

void EventLoop::make_ready(std::coroutine_handle<> handle) { ready_.push_back(handle); }

void EventLoop::make_ready_later(std::coroutine_handle<> handle) { ready_later_.push_back(handle); }

void EventLoop::spawn(Task<void> task) { task.detach(*this).resume(); }

void EventLoop::run() {
  const Running running(*this);
  const FramePool::Use use(*frames_);
  stopped_ = false;
  while (true) {
    run_ready();
    if (stopped_) break;
    enter_ring();
  }
}

void EventLoop::enter_ring() {
  surplus_timer_->begin_wait();
  ring_->submit_and_collect(ready_.empty() && ready_later_.empty());
  surplus_timer_->look();
  ready_.insert(ready_.end(), ready_later_.begin(), ready_later_.end());
  ready_later_.clear();
}

void EventLoop::run_ready() {
  // A result passes through several coroutines, each of which makes the next one ready, so several rounds are run
  // before the ring is entered. Their number is limited, so that coroutines that keep making one another ready do not
  // block the ring.
  for (int round = 0; round < ready_rounds_max && !ready_.empty() && !stopped_; ++round) run_ready_once();
}

void EventLoop::run_ready_once() {
  const std::size_t count = ready_.size();
  std::size_t done = 0;
  while (done < count && !stopped_) {
    const std::coroutine_handle<> handle = ready_[done++];
    handle.resume();
  }
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(done));
}

RingOperation EventLoop::read(int fd, std::span<std::byte> data, std::uint64_t offset_bytes) {
  io_uring_sqe entry{};
  const auto length = static_cast<unsigned>(data.size());
  if (const auto index = buffer_index(data)) {
    io_uring_prep_read_fixed(&entry, fd, data.data(), length, offset_bytes, *index);
  } else {
    io_uring_prep_read(&entry, fd, data.data(), length, offset_bytes);
  }
  return RingOperation(*ring_, bytes_of(entry));
}

RingOperation EventLoop::write(int fd, std::span<const std::byte> data, std::uint64_t offset_bytes) {
  io_uring_sqe entry{};
  const auto length = static_cast<unsigned>(data.size());
  if (const auto index = buffer_index(data)) {
    io_uring_prep_write_fixed(&entry, fd, data.data(), length, offset_bytes, *index);
  } else {
    io_uring_prep_write(&entry, fd, data.data(), length, offset_bytes);
  }
  return RingOperation(*ring_, bytes_of(entry));
}

RingOperation EventLoop::fdatasync(int fd) {
  io_uring_sqe entry{};
  io_uring_prep_fsync(&entry, fd, IORING_FSYNC_DATASYNC);
  return RingOperation(*ring_, bytes_of(entry));
}

RingOperation EventLoop::fallocate(int fd, int mode, std::uint64_t offset_bytes, std::uint64_t length_bytes) {
  io_uring_sqe entry{};
  io_uring_prep_fallocate(&entry, fd, mode, static_cast<off_t>(offset_bytes), static_cast<off_t>(length_bytes));
  return RingOperation(*ring_, bytes_of(entry));
}

RingOperation EventLoop::poll(int fd, std::uint32_t events) {
  io_uring_sqe entry{};
  io_uring_prep_poll_add(&entry, fd, events);
  return RingOperation(*ring_, bytes_of(entry));
}

LinkedOperation EventLoop::read_when_ready(int fd, std::span<std::byte> data) {
  // Without a registered buffer, since /dev/fuse does not support reads into one.
  io_uring_sqe entry{};
  io_uring_prep_read(&entry, fd, data.data(), static_cast<unsigned>(data.size()), 0);
  return LinkedOperation(poll(fd, POLLIN), RingOperation(*ring_, bytes_of(entry)));
}

RingOperation EventLoop::sleep(const TimeSpec& duration) {
  static_assert(sizeof(TimeSpec) == sizeof(__kernel_timespec));
  io_uring_sqe entry{};
  // The kernel reads the time when the entry is submitted, so the caller's object only has to live that long.
  io_uring_prep_timeout(&entry, reinterpret_cast<__kernel_timespec*>(const_cast<TimeSpec*>(&duration)), 0, 0);
  return RingOperation(*ring_, bytes_of(entry));
}

RingOperation EventLoop::cancel(const RingOperation& pending) {
  io_uring_sqe entry{};
  io_uring_prep_cancel64(&entry, Ring::user_data(pending), 0);
  return RingOperation(*ring_, bytes_of(entry));
}

RingOperation EventLoop::cancel_first(const LinkedOperation& pending) {
  io_uring_sqe entry{};
  io_uring_prep_cancel64(&entry, Ring::first_user_data(pending), 0);
  return RingOperation(*ring_, bytes_of(entry));
}

RingOperation EventLoop::operation(const RingOperation::EntryBytes& entry) { return RingOperation(*ring_, entry); }

BlockingCall EventLoop::blocking(std::function<int()> function) { return BlockingCall(*this, std::move(function)); }

bool EventLoop::sqe128_cqe32() const { return ring_->sqe128_cqe32(); }

MemoryRegistry& EventLoop::memory() { return *memory_; }

std::optional<std::uint16_t> EventLoop::buffer_index(std::span<const std::byte> data) const {
  return memory_->buffer_index(data);
}

void BlockingCall::submit() { loop_.submit_blocking(*this); }

void EventLoop::submit_blocking(BlockingCall& call) {
  workers_->submit(call);
  // The collector runs only while calls are under way, so that an idle loop has nothing pending.
  if (workers_->under_way() == 1) spawn(collect_finished_calls(*this, *workers_));
}

}  // namespace zonecopy
