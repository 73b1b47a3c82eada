// Events, gates, and being asked to stop.
#include "zonecopy/sync.h"

#include <gtest/gtest.h>

#include "tests/support/loop/manual_scheduler.h"

namespace zonecopy {
namespace {

using test::ManualScheduler;

Task<void> wait_for(Event& event, int& passed) {
  co_await event;
  ++passed;
}

TEST(WaitList, NodesComeAndLeaveInAnyOrder) {
  WaitNode first;
  WaitList list;
  {
    WaitNode second;
    WaitNode third;
    for (WaitNode* const node : {&first, &second, &third}) list.push_back(*node);
    second.unlink();
    second.unlink();
    EXPECT_EQ(list.after(first), &third);
    EXPECT_EQ(list.after(third), nullptr);
  }
  EXPECT_EQ(list.pop_front(), &first) << "a node that is destroyed is in no list";
  EXPECT_EQ(list.pop_front(), nullptr);
  EXPECT_TRUE(list.empty());
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

class Told final : public CancelHook {
 public:
  int times = 0;

 private:
  void cancelled() override { ++times; }
};

TEST(CancelToken, TellsWhoIsAttachedOnce) {
  Told first;
  Told second;
  Told gone;
  Told never;
  {
    CancelToken token;
    first.attach(&token);
    gone.attach(&token);
    second.attach(&token);
    never.attach(nullptr);
    gone.detach();
    token.request();
    token.request();
  }
  EXPECT_EQ(first.times, 1);
  EXPECT_EQ(second.times, 1);
  EXPECT_EQ(gone.times, 0);
  EXPECT_EQ(never.times, 0);
}

}  // namespace
}  // namespace zonecopy
