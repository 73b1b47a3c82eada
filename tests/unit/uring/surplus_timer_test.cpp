// Who keeps memory is asked for it as long as there is some, by a loop that has something else to do or nothing at all.
#include "zonecopy/surplus.h"

#include "tests/support/loop/loop_test.h"
#include "zonecopy/sync.h"

namespace zonecopy {
namespace {

using test::Watchdog;

class SurplusTimerTest : public test::LoopTest {};

/// Has memory to give back for so many looks, and says when it was asked for the last.
class Hoard final : public Surplus {
 public:
  explicit Hoard(int looks) : left_(looks) {}
  bool give_back_unused() override {
    if (--left_ == 0) empty_.set();
    return left_ > 0;
  }
  [[nodiscard]] Event& empty() { return empty_; }
  [[nodiscard]] int left() const { return left_; }

 private:
  int left_;
  Event empty_;
};

Task<bool> wait_for(Event* event) {
  Event& named = *event;
  co_await named;
  co_return true;
}

TEST_F(SurplusTimerTest, AsksUntilThereIsNothingLeft) {
  const Watchdog watchdog("a hoard is never asked", 60);
  Hoard once(1);
  Hoard twice(2);
  loop().memory().watch(once);
  loop().memory().watch(twice);
  loop().memory().watch(twice);
  run(wait_for(&twice.empty()));
  EXPECT_EQ(once.left(), 0);
  EXPECT_EQ(twice.left(), 0);
}

TEST_F(SurplusTimerTest, DoesNotKeepALoopFromEnding) {
  const Watchdog watchdog("a loop waits for its timer", 60);
  Hoard hoard(1000);
  loop().memory().watch(hoard);
  Event set;
  set.set();
  run(wait_for(&set));
  loop().memory().forget(hoard);
  EXPECT_EQ(hoard.left(), 1000);
}

}  // namespace
}  // namespace zonecopy
