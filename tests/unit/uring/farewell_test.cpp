#include "src/uring/farewell.h"

#include <gtest/gtest.h>

namespace zonecopy {
namespace {

Task<void> end_later(EventLoop& loop, int* ended) {
  constexpr TimeSpec pause{0, 1'000'000};
  co_await loop.sleep(pause);
  ++*ended;
}

Task<bool> leave_behind(EventLoop& loop, int* ended) {
  say_farewell(loop, end_later(loop, ended));
  say_farewell(loop, end_later(loop, ended));
  co_return true;
}

TEST(Farewell, TheLoopWaitsForItBeforeItGoes) {
  int ended = 0;
  {
    Result<std::unique_ptr<EventLoop>> loop = EventLoop::create({});
    ASSERT_TRUE(loop) << loop.error().to_string();
    EXPECT_TRUE((*loop)->run(leave_behind(**loop, &ended)));
    EXPECT_EQ(ended, 0) << "run() does not wait";
  }
  EXPECT_EQ(ended, 2);
}

}  // namespace
}  // namespace zonecopy
