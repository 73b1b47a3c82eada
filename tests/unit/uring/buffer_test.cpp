// Buffers and the pool that lends them.
#include "zonecopy/buffer.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstring>
#include <optional>
#include <set>
#include <vector>

#include "tests/support/loop/manual_scheduler.h"

namespace zonecopy {
namespace {

using test::ManualScheduler;

TEST(Buffer, AlignedAndWritable) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{512}, std::size_t{4096}, std::size_t{4097}, std::size_t{1} << 20}) {
    const Buffer buffer(size);
    ASSERT_TRUE(buffer);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % page, 0U);
    EXPECT_EQ(buffer.size(), size);
    EXPECT_EQ(buffer.span().size(), size);
    EXPECT_EQ(buffer.first(1).data(), buffer.data());
    std::memset(buffer.data(), 0x5a, size);
  }
}

TEST(Buffer, EmptyOnes) {
  const Buffer none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none.size(), 0U);
  const Buffer of_nothing(0);
  EXPECT_FALSE(of_nothing);
}

TEST(Buffer, Moves) {
  Buffer first(4096);
  const std::byte* const data = first.data();
  Buffer second(std::move(first));
  EXPECT_EQ(second.data(), data);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): what a moved-from buffer is, is the question
  Buffer third;
  third = std::move(second);
  EXPECT_EQ(third.data(), data);
  EXPECT_EQ(third.size(), 4096U);
}

/// Takes a buffer, notes its number, and keeps it where the test can give it back.
Task<void> borrow(BufferPool& pool, int number, std::vector<int>& order, std::optional<BufferPool::Loan>& kept) {
  BufferPool::Loan loan = co_await pool.acquire();
  order.push_back(number);
  kept.emplace(std::move(loan));
}

class Pool : public testing::Test {
 protected:
  void start(int number) { scheduler_.start(borrow(pool_, number, order_, kept_[static_cast<std::size_t>(number)])); }
  void give_back(int number) { kept_[static_cast<std::size_t>(number)].reset(); }
  using Order = std::vector<int>;

  ManualScheduler scheduler_;
  BufferPool pool_{8192, 2};
  Order order_;
  std::vector<std::optional<BufferPool::Loan>> kept_ = std::vector<std::optional<BufferPool::Loan>>(8);
};

TEST_F(Pool, LendsUpToItsLimit) {
  start(0);
  start(1);
  EXPECT_EQ(order_, (Order{0, 1}));
  EXPECT_EQ(pool_.lent(), 2U);
  EXPECT_EQ(kept_[0]->size(), 8192U);
  EXPECT_NE(kept_[0]->data(), kept_[1]->data());
  start(2);
  scheduler_.run();
  EXPECT_EQ(order_, (Order{0, 1}));
  give_back(0);
  scheduler_.run();
  EXPECT_EQ(order_, (Order{0, 1, 2}));
  give_back(1);
  give_back(2);
  EXPECT_EQ(pool_.lent(), 0U);
}

TEST_F(Pool, FirstComeFirstServed) {
  for (int number = 0; number < 6; ++number) start(number);
  for (int number = 0; number < 6; ++number) {
    give_back(number);
    scheduler_.run();
  }
  EXPECT_EQ(order_, (Order{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(pool_.lent(), 0U);
}

TEST_F(Pool, ABufferPromisedIsLent) {
  start(0);
  start(1);
  start(2);      // waits
  give_back(0);  // 2 has been woken and has not run yet
  EXPECT_EQ(pool_.lent(), 2U);
  start(3);
  EXPECT_EQ(order_, (Order{0, 1})) << "3 took the buffer that was promised to 2";
  scheduler_.run();
  EXPECT_EQ(order_, (Order{0, 1, 2}));
  give_back(1);
  scheduler_.run();
  EXPECT_EQ(order_, (Order{0, 1, 2, 3}));
  give_back(2);
  give_back(3);
  EXPECT_EQ(pool_.lent(), 0U);
}

TEST_F(Pool, ReusesItsBuffers) {
  std::set<std::byte*> seen;
  for (int round = 0; round < 100; ++round) {
    start(0);
    start(1);
    seen.insert(kept_[0]->data());
    seen.insert(kept_[1]->data());
    give_back(0);
    give_back(1);
  }
  EXPECT_EQ(seen.size(), 2U);
}

TEST_F(Pool, LoansMove) {
  start(0);
  start(1);
  *kept_[0] = std::move(*kept_[1]);
  EXPECT_EQ(pool_.lent(), 2U) << "assignment swaps";
  give_back(1);
  EXPECT_EQ(pool_.lent(), 1U);
  give_back(0);
  EXPECT_EQ(pool_.lent(), 0U);
  const BufferPool::Loan none;
  EXPECT_FALSE(none);
}

/// Memory that is used up after some buffers: a buffer that cannot be announced is not made.
class Shortage final : public MemoryRegistry {
 public:
  explicit Shortage(int enough_for) : left_(enough_for) {}
  void add(std::span<std::byte>) override {
    if (left_ == 0) throw std::bad_alloc();
    --left_;
  }
  void remove(std::span<std::byte>) override {}

 private:
  int left_;
};

Task<void> keep_one(BufferPool& pool, BufferPool::Loan* kept, int* got) {
  BufferPool::Loan loan = co_await pool.acquire();
  *kept = std::move(loan);
  ++*got;
}

TEST(PoolWithoutMemory, WaitsForThoseThatAreThere) {
  Shortage shortage(2);
  ManualScheduler scheduler;
  BufferPool pool(4096, 8, &shortage);
  BufferPool::Loan kept[5];
  int got = 0;
  for (BufferPool::Loan& loan : kept) keep_one(pool, &loan, &got).detach(scheduler).resume();
  EXPECT_EQ(got, 2);
  EXPECT_EQ(pool.lent(), 2U);
  for (int round = 0; round < 5; ++round) {
    EXPECT_TRUE(kept[round]) << "buffer " << round;
    kept[round] = BufferPool::Loan();
    scheduler.run();
  }
  EXPECT_EQ(got, 5);
  EXPECT_EQ(pool.lent(), 0U);
}

TEST(PoolWithoutMemory, LendsNothingWhereThereIsNone) {
  Shortage shortage(0);
  ManualScheduler scheduler;
  BufferPool pool(4096, 8, &shortage);
  BufferPool::Loan kept;
  int got = 0;
  EXPECT_FALSE(pool.prepare());
  keep_one(pool, &kept, &got).detach(scheduler).resume();
  EXPECT_EQ(got, 1);
  EXPECT_FALSE(kept);
  EXPECT_EQ(pool.lent(), 0U);
}

/// Knows which memory is announced, and which pool wants to be asked for what it does not need.
class Registry final : public MemoryRegistry {
 public:
  void add(std::span<std::byte>) override { ++announced_; }
  void remove(std::span<std::byte>) override { --announced_; }
  void watch(Surplus& surplus) noexcept override { watched_ = &surplus; }
  void forget(Surplus&) noexcept override { watched_ = nullptr; }
  [[nodiscard]] std::size_t announced() const { return announced_; }
  [[nodiscard]] const Surplus* watched() const { return watched_; }

 private:
  std::size_t announced_ = 0;
  const Surplus* watched_ = nullptr;
};

class PoolAfterBurst : public testing::Test {
 protected:
  void lend(std::size_t count) {
    std::vector<BufferPool::Loan> loans(count);
    int got = 0;
    for (BufferPool::Loan& loan : loans) keep_one(pool_, &loan, &got).detach(scheduler_).resume();
    ASSERT_EQ(static_cast<std::size_t>(got), count);
  }

  ManualScheduler scheduler_;
  Registry registry_;
  BufferPool pool_{4096, 64, &registry_};
};

TEST_F(PoolAfterBurst, GivesBackWhatIsNotNeeded) {
  lend(40);
  EXPECT_EQ(pool_.made(), 40U);
  ASSERT_EQ(registry_.watched(), &pool_);
  EXPECT_TRUE(pool_.give_back_unused()) << "all were needed since the last look";
  EXPECT_EQ(pool_.made(), 40U);
  lend(10);
  EXPECT_TRUE(pool_.give_back_unused());
  EXPECT_EQ(pool_.made(), 12U) << "those that 10 at a time need, and a few";
  EXPECT_FALSE(pool_.give_back_unused());
  EXPECT_EQ(pool_.made(), 2U);
  EXPECT_EQ(registry_.announced(), 2U);
}

TEST_F(PoolAfterBurst, AFewAreKeptWithoutAWord) {
  lend(2);
  EXPECT_EQ(registry_.watched(), nullptr);
}

TEST_F(PoolAfterBurst, KeepsWhatIsPromised) {
  std::vector<BufferPool::Loan> loans(64);
  BufferPool::Loan waiting[4];
  int got = 0;
  for (BufferPool::Loan& loan : loans) keep_one(pool_, &loan, &got).detach(scheduler_).resume();
  for (BufferPool::Loan& loan : waiting) keep_one(pool_, &loan, &got).detach(scheduler_).resume();
  ASSERT_EQ(got, 64);
  loans.clear();  // four of them are promised to those who wait, who have not run yet
  (void)pool_.give_back_unused();
  (void)pool_.give_back_unused();
  EXPECT_EQ(pool_.made(), 6U);
  scheduler_.run();
  EXPECT_EQ(got, 68);
  for (const BufferPool::Loan& loan : waiting) EXPECT_TRUE(loan);
}

}  // namespace
}  // namespace zonecopy
