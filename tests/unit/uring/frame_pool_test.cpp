// Frames are used again, within a bound, and given back.
#include "zonecopy/frame_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "tests/support/loop/manual_scheduler.h"

namespace zonecopy {
namespace {

using test::ManualScheduler;

class Watch final : public SurplusWatch {
 public:
  void watch(Surplus& surplus) noexcept override { watched_ = &surplus; }
  void forget(Surplus& surplus) noexcept override {
    if (watched_ == &surplus) watched_ = nullptr;
  }
  [[nodiscard]] Surplus* watched() const { return watched_; }

 private:
  Surplus* watched_ = nullptr;
};

class FramePoolTest : public testing::Test {
 protected:
  static constexpr std::size_t kept_max_bytes = 64U << 10;
  std::vector<void*> take(int count, std::size_t size_bytes) {
    const FramePool::Use use(*pool_);
    std::vector<void*> frames;
    for (int i = 0; i < count; ++i) {
      frames.push_back(FramePool::allocate(size_bytes));
      std::memset(frames.back(), 0x5a, size_bytes);
    }
    return frames;
  }
  static void release(const std::vector<void*>& frames) {
    for (void* const frame : frames) FramePool::release(frame);
  }

  Watch watch_;
  FramePool::Owner pool_ = FramePool::create(kept_max_bytes, &watch_);
};

TEST_F(FramePoolTest, UsesAFrameAgain) {
  void* const first = take(1, 700).front();
  FramePool::release(first);
  EXPECT_GE(pool_->kept_bytes(), 700U);
  void* const second = take(1, 690).front();
  EXPECT_EQ(first, second);
  EXPECT_EQ(pool_->kept_bytes(), 0U);
  FramePool::release(second);
}

TEST_F(FramePoolTest, IsBounded) {
  release(take(1000, 1000));
  EXPECT_LE(pool_->kept_bytes(), kept_max_bytes);
  EXPECT_GT(pool_->kept_bytes(), kept_max_bytes / 2);
}

TEST_F(FramePoolTest, LeavesLargeFramesToTheHeap) {
  release(take(2, 100'000));
  EXPECT_EQ(pool_->kept_bytes(), 0U);
}

TEST_F(FramePoolTest, IsNotUsedOutsideALoop) {
  void* const frame = FramePool::allocate(100);
  FramePool::release(frame);
  EXPECT_EQ(pool_->kept_bytes(), 0U);
}

TEST_F(FramePoolTest, GivesBackWhatABurstHasLeft) {
  release(take(60, 1000));
  ASSERT_EQ(watch_.watched(), pool_.get());
  const std::size_t after_burst_bytes = pool_->kept_bytes();
  EXPECT_TRUE(pool_->give_back_unused()) << "what was used since the last look stays until the next";
  EXPECT_EQ(pool_->kept_bytes(), after_burst_bytes);
  release(take(20, 1000));
  EXPECT_TRUE(pool_->give_back_unused());
  EXPECT_LT(pool_->kept_bytes(), after_burst_bytes / 2) << "what 20 at a time need is kept, no more";
  EXPECT_GE(pool_->kept_bytes(), 20U * 1000U);
  EXPECT_FALSE(pool_->give_back_unused());
  EXPECT_LE(pool_->kept_bytes(), 16U << 10);
}

TEST_F(FramePoolTest, AFrameMayOutliveItsLoop) {
  const std::vector<void*> frames = take(3, 500);
  FramePool::release(frames[0]);
  pool_.reset();
  EXPECT_EQ(watch_.watched(), nullptr);
  FramePool::release(frames[1]);
  FramePool::release(frames[2]);  // and the pool with it: LeakSanitizer looks
}

Task<void> nothing() { co_return; }

TEST_F(FramePoolTest, CoroutinesHaveTheirFramesThere) {
  ManualScheduler scheduler;
  {
    const FramePool::Use use(*pool_);
    scheduler.start(nothing());
  }
  EXPECT_GT(pool_->kept_bytes(), 0U);
}

}  // namespace
}  // namespace zonecopy
