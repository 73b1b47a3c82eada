#include "zonefs/host/queued_log.h"

#include <fmt/format.h>
#include <signal.h>

#include <condition_variable>
#include <ctime>
#include <deque>
#include <functional>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

namespace zonecopy::zonefs {

namespace {

using SteadyClock = std::chrono::steady_clock;

struct Entry {
  Severity severity = Severity::info;
  std::string message;
  std::time_t when = 0;
};

}  // namespace

struct QueuedLog::Shared {
  Shared(std::unique_ptr<LogSink> sink_, LogLimits limits_) : sink(std::move(sink_)), limits(limits_) {}

  // Of these the caller holds the mutex.
  void take(Severity severity, const std::string& message);
  void push(Entry entry);
  void tell_repeats();
  void tell_lost();
  [[nodiscard]] bool done() const { return queue.empty() && repeats == 0 && lost == 0 && !writing; }
  [[nodiscard]] bool repeats_due() const { return repeats != 0 && (hurry || SteadyClock::now() >= repeats_due_at); }
  void wait_for_work(std::unique_lock<std::mutex>& lock);

  void work();

  const std::unique_ptr<LogSink> sink;
  const LogLimits limits;
  std::mutex mutex;  ///< guards what follows
  std::condition_variable work_to_do;
  std::condition_variable work_done;
  std::deque<Entry> queue;
  Entry last;  ///< the last message that was taken
  std::uint64_t repeats = 0;
  SteadyClock::time_point repeats_due_at;
  std::uint64_t lost = 0;
  bool has_thread = false;
  bool writing = false;
  bool hurry = false;     ///< somebody waits for all to be written
  bool stopping = false;  ///< nothing comes any more
};

void QueuedLog::Shared::push(Entry entry) {
  if (queue.size() < limits.messages) {
    queue.push_back(std::move(entry));
  } else {
    ++lost;
  }
}

void QueuedLog::Shared::tell_repeats() {
  if (repeats == 0) return;
  const std::uint64_t count = std::exchange(repeats, 0);
  push({last.severity, fmt::format("last message repeated {} {}", count, count == 1 ? "time" : "times"), last.when});
}

void QueuedLog::Shared::tell_lost() {
  if (lost == 0 || queue.size() >= limits.messages) return;
  const std::uint64_t count = std::exchange(lost, 0);
  push({Severity::warning,
        fmt::format("{} {} lost: the log was not written fast enough", count,
                    count == 1 ? "message was" : "messages were"),
        std::time(nullptr)});
}

void QueuedLog::Shared::take(Severity severity, const std::string& message) {
  const std::time_t now = std::time(nullptr);
  if (severity == last.severity && message == last.message) {
    if (repeats++ == 0) repeats_due_at = SteadyClock::now() + limits.repeats_held_back;
    last.when = now;
    return;
  }
  tell_repeats();
  tell_lost();
  last = {severity, message, now};
  push(last);
}

void QueuedLog::Shared::wait_for_work(std::unique_lock<std::mutex>& lock) {
  const auto is_there = [this] { return !queue.empty() || lost != 0 || repeats_due() || stopping; };
  while (!is_there()) {
    if (repeats != 0) {
      work_to_do.wait_until(lock, repeats_due_at);
    } else {
      work_to_do.wait(lock);
    }
  }
}

void QueuedLog::Shared::work() {
  std::unique_lock lock(mutex);
  while (true) {
    wait_for_work(lock);
    if (repeats_due()) tell_repeats();
    if (queue.empty()) tell_lost();
    if (queue.empty() && stopping) return;
    const Entry next = std::move(queue.front());
    queue.pop_front();
    writing = true;
    lock.unlock();
    sink->write(next.severity, next.message, next.when);
    lock.lock();
    writing = false;
    if (done()) work_done.notify_all();
  }
}

QueuedLog::QueuedLog(std::unique_ptr<LogSink> sink, LogLimits limits)
    : shared_(std::make_shared<Shared>(std::move(sink), limits)) {}

namespace {

/// A thread that no signal is delivered to: those of the process are the loop's.
void start_without_signals(std::function<void()> work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread(std::move(work)).detach();
  } catch (const std::system_error&) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

void QueuedLog::write(Severity severity, const std::string& message) {
  const std::lock_guard lock(shared_->mutex);
  try {
    shared_->take(severity, message);
    // Not before there is something to write: who makes a log may still fork.
    if (!shared_->has_thread) start_without_signals([shared = shared_] { shared->work(); });
    shared_->has_thread = true;
  } catch (const std::bad_alloc&) {
    ++shared_->lost;
  } catch (const std::system_error&) {
    // No thread is to be had: the next message tries again, and flush() writes what is there.
  }
  shared_->work_to_do.notify_one();
}

void QueuedLog::flush() {
  std::unique_lock lock(shared_->mutex);
  if (!shared_->has_thread) {
    shared_->tell_repeats();
    shared_->tell_lost();
    for (; !shared_->queue.empty(); shared_->queue.pop_front()) {
      const Entry& next = shared_->queue.front();
      shared_->sink->write(next.severity, next.message, next.when);
    }
    return;
  }
  shared_->hurry = true;
  shared_->work_to_do.notify_one();
  shared_->work_done.wait_for(lock, shared_->limits.last_wait, [this] { return shared_->done(); });
  shared_->hurry = false;
}

QueuedLog::~QueuedLog() {
  flush();
  const std::lock_guard lock(shared_->mutex);
  shared_->stopping = true;
  shared_->work_to_do.notify_one();
}

}  // namespace zonecopy::zonefs
