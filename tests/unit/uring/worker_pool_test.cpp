// Blocking calls on the loop's threads: results, overlap, and what happens between and after them. Run under TSan too.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/loop/loop_test.h"
#include "tests/support/random.h"
#include "tests/support/seed.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/sync.h"

namespace zonecopy {
namespace {

using test::run_all;
using test::Watchdog;

constexpr int threads_max = 4;  // of a loop

class WorkerPoolTest : public test::LoopTest {
 private:
  Watchdog watchdog_{testing::UnitTest::GetInstance()->current_test_info()->name(), 60};
};

/// `count` calls in a row, each of which writes where only the loop reads, and after the call.
Task<void> call_in_a_row(EventLoop& loop, int name, int count, std::uint64_t* checked) {
  for (int i = 0; i < count; ++i) {
    std::vector<int> written;
    std::vector<int>* into = &written;
    const int expected = name * 1000 + i;
    BlockingCall blocking = loop.blocking([into, expected] {
      into->assign(3, expected);
      return -expected;
    });
    const int result = co_await blocking;
    EXPECT_EQ(result, -expected);
    EXPECT_EQ(written, std::vector<int>(3, expected)) << "what the call did is seen when it is over";
    ++*checked;
  }
}

TEST_F(WorkerPoolTest, HundredsOfCallsFromManyCoroutines) {
  std::uint64_t checked = 0;
  std::vector<Task<void>> tasks;
  for (int name = 0; name < 60; ++name) tasks.push_back(call_in_a_row(loop(), name, 10, &checked));
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(checked, 600U);
}

TEST_F(WorkerPoolTest, WaveAfterWave) {
  test::Random random(test::test_seed());
  std::uint64_t checked = 0;
  std::uint64_t expected = 0;
  // What collects finished calls ends with each wave and has to begin anew with the next.
  for (int wave = 0; wave < 60; ++wave) {
    std::vector<Task<void>> tasks;
    for (std::uint64_t name = random.between(1, 9); name != 0; --name) {
      const auto count = static_cast<int>(random.between(1, 3));
      tasks.push_back(call_in_a_row(loop(), static_cast<int>(name), count, &checked));
      expected += static_cast<std::uint64_t>(count);
    }
    run_all(loop(), std::move(tasks));
    ASSERT_EQ(checked, expected) << "wave " << wave;
  }
}

/// A place where `count` threads have to meet before any of them goes on.
class Meeting {
 public:
  explicit Meeting(int count) : missing_(count) {}
  void arrive() {
    std::unique_lock lock(mutex_);
    if (--missing_ == 0) all_there_.notify_all();
    all_there_.wait(lock, [this] { return missing_ <= 0; });
  }

 private:
  int missing_;
  std::mutex mutex_;
  std::condition_variable all_there_;
};

Task<void> meet(EventLoop& loop, Meeting* meeting) {
  BlockingCall blocking = loop.blocking([meeting] {
    meeting->arrive();
    return 0;
  });
  co_await blocking;
}

TEST_F(WorkerPoolTest, AsManyCallsOverlapAsThereAreThreads) {
  // From the second wave on there are idle threads; one of them must not be counted upon twice.
  for (int wave = 0; wave < 50; ++wave) {
    const int count = wave % threads_max + 1;
    Meeting meeting(count);
    std::vector<Task<void>> tasks;
    for (int i = 0; i < count; ++i) tasks.push_back(meet(loop(), &meeting));
    run_all(loop(), std::move(tasks));
  }
}

TEST_F(WorkerPoolTest, NoMoreCallsOverlapThanThereAreThreads) {
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::mutex mutex;
  std::set<std::thread::id> threads;
  const auto busy = [&](EventLoop& on) -> Task<void> {
    BlockingCall blocking = on.blocking([&] {
      const int now = ++inside;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      const std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id());
      return --inside;
    });
    co_await blocking;
  };
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 40; ++i) tasks.push_back(busy(loop()));
  run_all(loop(), std::move(tasks));
  EXPECT_LE(most, threads_max);
  EXPECT_LE(threads.size(), static_cast<std::size_t>(threads_max));
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST_F(WorkerPoolTest, TheLoopGoesOnMeanwhile) {
  std::promise<int> promise;
  std::future<int> future = promise.get_future();
  int received = 0;
  const auto waiter = [](EventLoop& on, std::future<int>* from, int* into) -> Task<void> {
    BlockingCall blocking = on.blocking([from] { return from->get(); });
    const int value = co_await blocking;
    *into = value;
  };
  const auto giver = [](EventLoop& on, std::promise<int>* to) -> Task<void> {
    const TimeSpec moment{0, 5'000'000};
    co_await on.sleep(moment);
    to->set_value(17);
  };
  std::vector<Task<void>> tasks;
  tasks.push_back(waiter(loop(), &future, &received));
  tasks.push_back(giver(loop(), &promise));
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(received, 17);
}

TEST_F(WorkerPoolTest, CallsBeginInTheirOrder) {
  std::mutex mutex;
  std::vector<int> begun;
  Meeting blocked(threads_max + 1);
  std::vector<Task<void>> tasks;
  for (int i = 0; i < threads_max - 1; ++i) tasks.push_back(meet(loop(), &blocked));
  // One thread is left, so that the calls behind come one after the other.
  const auto note = [&](EventLoop& on, int name) -> Task<void> {
    BlockingCall blocking = on.blocking([&, name] {
      const std::lock_guard lock(mutex);
      begun.push_back(name);
      return 0;
    });
    co_await blocking;
  };
  for (int name = 0; name < 20; ++name) tasks.push_back(note(loop(), name));
  tasks.push_back(meet(loop(), &blocked));
  const auto release = [&]() -> Task<void> {
    const Yield yield;
    for (bool all = false; !all;) {
      co_await yield;
      const std::lock_guard lock(mutex);
      all = begun.size() == 20;
    }
    std::thread([&blocked] { blocked.arrive(); }).join();
  };
  tasks.push_back(release());
  run_all(loop(), std::move(tasks));
  std::vector<int> expected(20);
  for (int name = 0; name < 20; ++name) expected[static_cast<std::size_t>(name)] = name;
  EXPECT_EQ(begun, expected);
}

TEST_F(WorkerPoolTest, ALoopEndsWithItsThreadsIdle) {
  for (int calls = 0; calls < 6; ++calls) {
    const std::unique_ptr<EventLoop> own = test::make_loop();
    std::uint64_t checked = 0;
    std::vector<Task<void>> tasks;
    for (int name = 0; name < calls; ++name) tasks.push_back(call_in_a_row(*own, name, 1, &checked));
    run_all(*own, std::move(tasks));
    EXPECT_EQ(checked, static_cast<std::uint64_t>(calls));
  }
}

TEST_F(WorkerPoolTest, TwoLoopsDoNotTouch) {
  std::uint64_t here = 0;
  std::uint64_t there = 0;
  std::thread other([&there] {
    const std::unique_ptr<EventLoop> own = test::make_loop();
    std::vector<Task<void>> tasks;
    for (int name = 0; name < 10; ++name) tasks.push_back(call_in_a_row(*own, name, 10, &there));
    run_all(*own, std::move(tasks));
  });
  std::vector<Task<void>> tasks;
  for (int name = 0; name < 10; ++name) tasks.push_back(call_in_a_row(loop(), name, 10, &here));
  run_all(loop(), std::move(tasks));
  other.join();
  EXPECT_EQ(here, 100U);
  EXPECT_EQ(there, 100U);
}

}  // namespace
}  // namespace zonecopy
