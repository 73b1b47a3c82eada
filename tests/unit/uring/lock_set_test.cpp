// Several locks at once: their order, what becomes of a key that is asked for twice, and giving up.
#include "zonecopy/lock_set.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "tests/support/loop/manual_scheduler.h"
#include "tests/support/seed.h"
#include "zonecopy/sync.h"

namespace zonecopy {
namespace {

using test::ManualScheduler;
using Mode = KeyedLocks::Mode;

/// Keys with modes.
using Wanted = std::vector<std::pair<std::uint64_t, Mode>>;

std::vector<LockSet::Request> requests_of(KeyedLocks& locks, const Wanted& wanted) {
  std::vector<LockSet::Request> requests;
  for (const auto& [key, mode] : wanted) requests.push_back({&locks, key, mode});
  return requests;
}

Task<void> take(KeyedLocks& locks, Wanted wanted, const CancelToken* cancel, LockSet& set, std::string& log) {
  set = co_await LockSet::acquire(requests_of(locks, wanted), cancel);
  log += set ? '+' : '!';
}

TEST(LockSet, AKeyIsLockedOnceInTheStricterMode) {
  ManualScheduler scheduler;
  KeyedLocks locks;
  LockSet set;
  std::string log;
  scheduler.start(
      take(locks, {{5, Mode::read}, {2, Mode::read}, {5, Mode::write}, {5, Mode::read}}, nullptr, set, log));
  EXPECT_EQ(log, "+");
  LockSet reader;
  scheduler.start(take(locks, {{5, Mode::read}}, nullptr, reader, log));
  EXPECT_EQ(log, "++") << "not exclusive";
  LockSet writer;
  scheduler.start(take(locks, {{5, Mode::write}}, nullptr, writer, log));
  EXPECT_EQ(log, "++") << "but for writing";
  set.release_all_but(locks, 2);
  scheduler.run();
  EXPECT_EQ(log, "+++");
  for (LockSet* const held : {&set, &reader, &writer}) held->release();
  EXPECT_TRUE(locks.idle());
  EXPECT_FALSE(set);
}

TEST(LockSet, GivingUpLetsGoOfWhatWasToBeHad) {
  ManualScheduler scheduler;
  KeyedLocks locks;
  LockSet holder;
  LockSet waiter;
  CancelToken cancel;
  std::string log;
  scheduler.start(take(locks, {{7, Mode::exclusive}}, nullptr, holder, log));
  scheduler.start(take(locks, {{1, Mode::write}, {7, Mode::read}, {9, Mode::read}}, &cancel, waiter, log));
  EXPECT_EQ(log, "+");
  EXPECT_FALSE(locks.try_exclusive(1)) << "the lower key is held while the higher is waited for";
  cancel.request();
  scheduler.run();
  EXPECT_EQ(log, "+!");
  EXPECT_TRUE(locks.try_exclusive(1));
  holder.release();
  EXPECT_TRUE(locks.idle());
}

Task<void> hold_some(std::vector<LockSet::Request> requests, int turns, int& done) {
  const LockSet set = co_await LockSet::acquire(std::move(requests), nullptr);
  for (; turns > 0; --turns) co_await Yield();
  ++done;
}

TEST(LockSet, SetsInAnyOrderDoNotWaitForEachOther) {
  std::mt19937_64 random(test::test_seed());
  ManualScheduler scheduler;
  std::array<KeyedLocks, 3> locks;  // as of the devices of one mount
  int done = 0;
  constexpr int sets = 2000;
  for (int count = 0; count < sets; ++count) {
    std::vector<LockSet::Request> requests;
    for (std::uint64_t keys = 1 + random() % 5; keys != 0; --keys) {
      requests.push_back({&locks.at(random() % 3), random() % 3, static_cast<Mode>(random() % 4)});
    }
    scheduler.start(hold_some(std::move(requests), static_cast<int>(random() % 4), done));
    for (std::uint64_t turns = random() % 4; turns != 0 && scheduler.ready() != 0; --turns) scheduler.run_one();
  }
  scheduler.run();
  EXPECT_EQ(done, sets);
  for (const KeyedLocks& each : locks) EXPECT_TRUE(each.idle());
}

}  // namespace
}  // namespace zonecopy
