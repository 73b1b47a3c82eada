// What coroutines wait on: order, sharing, and that nothing is left behind.
#include "zonecopy/sync.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/support/loop/manual_scheduler.h"
#include "tests/support/seed.h"

namespace zonecopy {
namespace {

using test::ManualScheduler;
using test::Yield;
using Mode = KeyedLocks::Mode;

/// Coroutines that take a lock, note it, and hold it until their event is set. "+a" is a coming in, "-a" a going out.
class Locking {
 public:
  void start(const std::string& name, std::uint64_t key, Mode mode) {
    scheduler_.start(hold(name, key, mode));
    scheduler_.run();
  }
  void release(const std::string& name) {
    release_only(name);
    scheduler_.run();
  }
  /// Lets go without running who is woken by it.
  void release_only(const std::string& name) {
    done_[name].set();
    scheduler_.run_one();
  }
  void start_only(const std::string& name, std::uint64_t key, Mode mode) { scheduler_.start(hold(name, key, mode)); }
  void run() { scheduler_.run(); }

  [[nodiscard]] const std::string& log() const { return log_; }
  [[nodiscard]] bool idle() const { return locks_.idle(); }

 private:
  Task<void> hold(std::string name, std::uint64_t key, Mode mode) {
    KeyedLocks::Guard guard;
    if (mode == Mode::exclusive) {
      guard = co_await locks_.exclusive(key);
    } else {
      guard = co_await locks_.shared(key);
    }
    log_ += "+" + name;
    Event& done = done_[name];
    co_await done;
    log_ += "-" + name;
  }

  ManualScheduler scheduler_;
  KeyedLocks locks_;
  std::map<std::string, Event> done_;
  std::string log_;
};

TEST(KeyedLocks, ExclusiveIsFirstComeFirstServed) {
  Locking locking;
  for (const char* const name : {"a", "b", "c"}) locking.start(name, 7, Mode::exclusive);
  EXPECT_EQ(locking.log(), "+a");
  for (const char* const name : {"a", "b", "c"}) locking.release(name);
  EXPECT_EQ(locking.log(), "+a-a+b-b+c-c");
  EXPECT_TRUE(locking.idle());
}

TEST(KeyedLocks, KeysDoNotTouch) {
  Locking locking;
  locking.start("a", 1, Mode::exclusive);
  locking.start("b", 2, Mode::exclusive);
  EXPECT_EQ(locking.log(), "+a+b");
  locking.release("a");
  EXPECT_FALSE(locking.idle());
  locking.release("b");
  EXPECT_TRUE(locking.idle());
}

TEST(KeyedLocks, ReadersShareAndAWriterWaitsForAll) {
  Locking locking;
  locking.start("a", 7, Mode::shared);
  locking.start("b", 7, Mode::shared);
  locking.start("w", 7, Mode::exclusive);
  EXPECT_EQ(locking.log(), "+a+b");
  locking.release("b");
  EXPECT_EQ(locking.log(), "+a+b-b");
  locking.release("a");
  EXPECT_EQ(locking.log(), "+a+b-b-a+w");
  locking.release("w");
  EXPECT_TRUE(locking.idle());
}

TEST(KeyedLocks, AReaderDoesNotOvertakeAWaitingWriter) {
  Locking locking;
  locking.start("a", 7, Mode::shared);
  locking.start("w", 7, Mode::exclusive);
  locking.start("b", 7, Mode::shared);
  EXPECT_EQ(locking.log(), "+a") << "b has to wait behind w, though it could share with a";
  locking.release("a");
  EXPECT_EQ(locking.log(), "+a-a+w");
  locking.release("w");
  EXPECT_EQ(locking.log(), "+a-a+w-w+b");
  locking.release("b");
  EXPECT_TRUE(locking.idle());
}

TEST(KeyedLocks, AllReadersAtTheHeadComeInTogether) {
  Locking locking;
  locking.start("w", 7, Mode::exclusive);
  for (const char* const name : {"a", "b", "c"}) locking.start(name, 7, Mode::shared);
  locking.start("x", 7, Mode::exclusive);
  locking.start("d", 7, Mode::shared);
  locking.release("w");
  EXPECT_EQ(locking.log(), "+w-w+a+b+c") << "not d, which stands behind x";
  for (const char* const name : {"c", "a", "b"}) locking.release(name);
  EXPECT_EQ(locking.log(), "+w-w+a+b+c-c-a-b+x");
  locking.release("x");
  locking.release("d");
  EXPECT_TRUE(locking.idle());
}

TEST(KeyedLocks, NobodySlipsInBetweenHandoverAndResumption) {
  Locking locking;
  locking.start("a", 7, Mode::exclusive);
  locking.start("b", 7, Mode::exclusive);
  locking.release_only("a");  // b has been woken and has not run yet
  locking.start_only("c", 7, Mode::exclusive);
  EXPECT_EQ(locking.log(), "+a-a");
  locking.run();
  EXPECT_EQ(locking.log(), "+a-a+b");
  locking.release("b");
  locking.release("c");
  EXPECT_EQ(locking.log(), "+a-a+b-b+c-c");
  EXPECT_TRUE(locking.idle());
}

Task<void> lock_and_count(KeyedLocks& locks, std::uint64_t key, Mode mode, std::vector<int>& inside, bool& broken) {
  KeyedLocks::Guard guard;
  if (mode == Mode::exclusive) {
    guard = co_await locks.exclusive(key);
  } else {
    guard = co_await locks.shared(key);
  }
  int& here = inside.at(key);  // readers count 1, a writer 1000
  const int mine = mode == Mode::exclusive ? 1000 : 1;
  here += mine;
  if (here > 1000 || (mine == 1000 && here != 1000)) broken = true;
  for (std::uint64_t turns = key + 1; turns != 0; --turns) {
    const Yield yield;
    co_await yield;
  }
  here -= mine;
}

TEST(KeyedLocks, ManyCoroutinesNeverMeetAWriter) {
  std::mt19937_64 random(test::test_seed());
  ManualScheduler scheduler;
  KeyedLocks locks;
  std::vector<int> inside(4, 0);
  bool broken = false;
  for (int count = 0; count < 5000; ++count) {
    const Mode mode = random() % 3 == 0 ? Mode::exclusive : Mode::shared;
    scheduler.start(lock_and_count(locks, random() % 4, mode, inside, broken));
    for (std::uint64_t turns = random() % 3; turns != 0 && scheduler.ready() != 0; --turns) scheduler.run_one();
  }
  scheduler.run();
  EXPECT_FALSE(broken);
  EXPECT_EQ(inside, std::vector<int>(4, 0));
  EXPECT_TRUE(locks.idle()) << "keys that nobody holds cost memory";
}

Task<void> lock_into(KeyedLocks& locks, std::uint64_t key, KeyedLocks::Guard& guard) {
  guard = co_await locks.exclusive(key);
}

TEST(KeyedLocks, GuardsMoveAndLetGoOnce) {
  ManualScheduler scheduler;
  KeyedLocks locks;
  KeyedLocks::Guard first;
  KeyedLocks::Guard second;
  scheduler.start(lock_into(locks, 1, first));
  scheduler.start(lock_into(locks, 2, second));
  first = std::move(second);  // gives key 1 back
  scheduler.start(lock_into(locks, 1, second));
  EXPECT_EQ(scheduler.ready(), 0U) << "key 1 was free at once";
  first.release();
  first.release();
  EXPECT_FALSE(locks.idle());
  second.release();
  EXPECT_TRUE(locks.idle());
}

Task<void> wait_for(Event& event, int& passed) {
  co_await event;
  ++passed;
}

TEST(Event, WakesAllAndStaysSet) {
  ManualScheduler scheduler;
  Event event;
  int passed = 0;
  scheduler.start(wait_for(event, passed));
  scheduler.start(wait_for(event, passed));
  EXPECT_EQ(passed, 0);
  event.set();
  scheduler.run();
  EXPECT_EQ(passed, 2);
  scheduler.start(wait_for(event, passed));
  EXPECT_EQ(passed, 3) << "who comes later does not wait";
}

Task<void> wait_until_drained(Gate& gate, bool& drained) {
  Event& empty = gate.drained();
  co_await empty;
  drained = true;
}

TEST(Gate, DrainedWhenTheLastOneLeaves) {
  ManualScheduler scheduler;
  Gate gate;
  bool drained = false;
  scheduler.start(wait_until_drained(gate, drained));
  EXPECT_TRUE(drained) << "nobody was inside";

  drained = false;
  gate.enter();
  {
    const GatePass pass(gate);
    scheduler.start(wait_until_drained(gate, drained));
    EXPECT_EQ(gate.inside(), 2U);
  }
  scheduler.run();
  EXPECT_FALSE(drained);
  gate.leave();
  scheduler.run();
  EXPECT_TRUE(drained);
}

TEST(CancelToken, RemembersTheRequest) {
  CancelToken token;
  EXPECT_FALSE(token.requested());
  token.request();
  EXPECT_TRUE(token.requested());
}

}  // namespace
}  // namespace zonecopy
