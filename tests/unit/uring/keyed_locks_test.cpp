// Locks by key: who may be inside together, in which order they come, and that nothing is left behind.
#include "zonecopy/keyed_locks.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/support/loop/manual_scheduler.h"
#include "tests/support/seed.h"
#include "zonecopy/sync.h"

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
    const KeyedLocks::Guard guard = co_await locks_.lock(key, mode);
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
  locking.start("a", 7, Mode::read);
  locking.start("b", 7, Mode::read);
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
  locking.start("a", 7, Mode::read);
  locking.start("w", 7, Mode::exclusive);
  locking.start("b", 7, Mode::read);
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
  for (const char* const name : {"a", "b", "c"}) locking.start(name, 7, Mode::read);
  locking.start("x", 7, Mode::exclusive);
  locking.start("d", 7, Mode::read);
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
  const KeyedLocks::Guard guard = co_await locks.lock(key, mode);
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
    const Mode mode = random() % 3 == 0 ? Mode::exclusive : Mode::read;
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

TEST(KeyedLocks, WhoMayBeInsideTogether) {
  const std::array<Mode, 4> modes = {Mode::read, Mode::write_beside, Mode::write, Mode::exclusive};
  const std::array<std::string, 4> together = {"rbw", "rb", "r", ""};
  const std::string letters = "rbwx";
  for (std::size_t one = 0; one < modes.size(); ++one) {
    for (std::size_t other = 0; other < modes.size(); ++other) {
      Locking locking;
      locking.start("1", 7, modes.at(one));
      locking.start("2", 7, modes.at(other));
      const bool expected = together.at(one).find(letters.at(other)) != std::string::npos;
      EXPECT_EQ(locking.log(), expected ? "+1+2" : "+1") << letters.at(one) << letters.at(other);
      locking.release("1");
      locking.release("2");
      EXPECT_TRUE(locking.idle());
    }
  }
}

TEST(KeyedLocks, AReadPassesWritersThatWaitButNotAReset) {
  Locking locking;
  locking.start("w", 7, Mode::write);
  locking.start("v", 7, Mode::write);
  locking.start("r", 7, Mode::read);
  EXPECT_EQ(locking.log(), "+w+r") << "a read has no order with writes";
  locking.start("x", 7, Mode::exclusive);
  locking.start("s", 7, Mode::read);
  EXPECT_EQ(locking.log(), "+w+r") << "s comes after the reset";
  locking.release("w");
  EXPECT_EQ(locking.log(), "+w+r-w+v");
  locking.release("v");
  locking.release("r");
  EXPECT_EQ(locking.log(), "+w+r-w+v-v-r+x");
  locking.release("x");
  EXPECT_EQ(locking.log(), "+w+r-w+v-v-r+x-x+s");
  locking.release("s");
  EXPECT_TRUE(locking.idle());
}

/// Waits for a lock that may be refused.
Task<void> try_for(KeyedLocks& locks, Mode mode, const CancelToken& cancel, std::string& log, Event& done) {
  const KeyedLocks::Guard guard = co_await locks.lock(7, mode, &cancel);
  log += guard ? '+' : '!';
  if (guard) co_await done;
}

TEST(KeyedLocks, AWaitThatIsCancelledLeavesTheQueue) {
  ManualScheduler scheduler;
  KeyedLocks locks;
  const CancelToken never;
  CancelToken cancel;
  Event done;
  std::string reader;
  std::string waiter;
  std::string behind;
  scheduler.start(try_for(locks, Mode::read, never, reader, done));
  scheduler.start(try_for(locks, Mode::exclusive, cancel, waiter, done));
  scheduler.start(try_for(locks, Mode::read, never, behind, done));
  EXPECT_EQ(reader + waiter + behind, "+");
  cancel.request();
  scheduler.run();
  EXPECT_EQ(waiter, "!");
  EXPECT_EQ(behind, "+") << "nothing stands between it and the other reader any more";
  scheduler.start(try_for(locks, Mode::exclusive, cancel, waiter, done));
  EXPECT_EQ(waiter, "!!") << "asked to stop before it began";
  scheduler.start(try_for(locks, Mode::read, cancel, waiter, done));
  EXPECT_EQ(waiter, "!!+") << "who need not wait is not refused";
  done.set();
  scheduler.run();
  EXPECT_TRUE(locks.idle());
}

TEST(KeyedLocks, ACancellationThatComesTooLateChangesNothing) {
  ManualScheduler scheduler;
  KeyedLocks locks;
  const CancelToken never;
  CancelToken cancel;
  Event first_done;
  Event done;
  std::string first;
  std::string second;
  scheduler.start(try_for(locks, Mode::write, never, first, first_done));
  scheduler.start(try_for(locks, Mode::write, cancel, second, done));
  first_done.set();
  scheduler.run_one();  // the first lets go: the lock is the second's, which has not run yet
  cancel.request();
  scheduler.run();
  EXPECT_EQ(second, "+");
  done.set();
  scheduler.run();
  EXPECT_TRUE(locks.idle());
}

/// Writes, and then needs the zone for itself.
Task<void> write_and_recover(KeyedLocks& locks, Event& failed, std::string& log) {
  KeyedLocks::Guard guard = co_await locks.write(7);
  log += 'w';
  co_await failed;
  co_await guard.upgrade();
  log += 'x';
  const Yield yield;
  co_await yield;
  log += '.';
}

TEST(KeyedLocks, AnUpgradeWaitsForReadersAndLetsNobodyInBetween) {
  ManualScheduler scheduler;
  KeyedLocks locks;
  const CancelToken never;
  Event failed;
  Event done;
  std::string log;
  scheduler.start(try_for(locks, Mode::read, never, log, done));
  scheduler.start(write_and_recover(locks, failed, log));
  scheduler.start(write_and_recover(locks, failed, log));
  EXPECT_EQ(log, "+w");
  failed.set();
  scheduler.run();
  EXPECT_EQ(log, "+w") << "the reader is still inside";
  scheduler.start(try_for(locks, Mode::read, never, log, done));
  EXPECT_EQ(log, "+w") << "and no other comes in";
  done.set();
  scheduler.run();
  EXPECT_EQ(log, "+wx.w+x.")
      << "then who waited, in the order in which they came; and again the upgrade waits for the reader";
  EXPECT_TRUE(locks.idle());
}

Task<void> come_and_go(KeyedLocks& locks, Mode mode, const CancelToken& cancel, std::array<int, 4>& inside,
                       bool& broken, int turns) {
  const KeyedLocks::Guard guard = co_await locks.lock(3, mode, &cancel);
  if (!guard) co_return;
  const auto mine = static_cast<std::size_t>(mode);
  for (std::size_t other = 0; other < inside.size(); ++other) {
    if (inside.at(other) != 0 && !KeyedLocks::compatible(mode, static_cast<Mode>(other))) broken = true;
  }
  ++inside.at(mine);
  for (; turns != 0; --turns) {
    const Yield yield;
    co_await yield;
  }
  --inside.at(mine);
}

TEST(KeyedLocks, AnyModesAndCancellationsNeverMeet) {
  std::mt19937_64 random(test::test_seed());
  ManualScheduler scheduler;
  KeyedLocks locks;
  std::array<int, 4> inside{};
  bool broken = false;
  std::vector<std::unique_ptr<CancelToken>> tokens;
  for (int count = 0; count < 5000; ++count) {
    tokens.push_back(std::make_unique<CancelToken>());
    scheduler.start(come_and_go(locks, static_cast<Mode>(random() % 4), *tokens.back(), inside, broken,
                                static_cast<int>(random() % 4)));
    if (random() % 3 == 0) tokens.at(random() % tokens.size())->request();
    for (std::uint64_t turns = random() % 4; turns != 0 && scheduler.ready() != 0; --turns) scheduler.run_one();
  }
  scheduler.run();
  EXPECT_FALSE(broken);
  EXPECT_EQ(inside, (std::array<int, 4>{}));
  EXPECT_TRUE(locks.idle());
}

}  // namespace
}  // namespace zonecopy
