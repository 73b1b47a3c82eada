#include "src/target/command_memory.h"

#include <algorithm>

namespace zonecopy::target {
namespace {

// Three sizes, since a command of 4 KiB must not hold a buffer of 1 MiB, and small ones must not wait behind large ones.
constexpr std::size_t small_bytes = 8U << 10;
constexpr std::size_t middle_bytes = 128U << 10;
constexpr std::size_t budget_bytes = 32U << 20;  // of each size
constexpr std::size_t largest_count_min = 4;
constexpr std::size_t capsule_budget_bytes = 64U << 20;

}  // namespace

bool MemoryShare::take(std::uint32_t bytes) {
  if (bytes > left_bytes_) return false;
  left_bytes_ -= bytes;
  return true;
}

void MemoryShare::give_back(std::uint32_t bytes) {
  left_bytes_ += bytes;
  while (WaitNode* const first = waiters_.front()) {
    auto& waiter = static_cast<Acquire&>(*first);
    if (!take(waiter.bytes_)) return;
    waiter.unlink();
    waiter.wake();
  }
}

CommandMemory::CommandMemory(EventLoop& loop, std::uint32_t largest_bytes, std::uint32_t capsule_bytes)
    : pools_{BufferPool(small_bytes, budget_bytes / small_bytes, &loop.memory()),
             BufferPool(middle_bytes, budget_bytes / middle_bytes, &loop.memory()),
             BufferPool(std::max<std::size_t>(largest_bytes, middle_bytes),
                        std::max(largest_count_min, budget_bytes / std::max<std::size_t>(largest_bytes, middle_bytes)),
                        &loop.memory())},
      capsules_(capsule_bytes, capsule_budget_bytes / capsule_bytes, &loop.memory()) {}

BufferPool& CommandMemory::pool_for(std::uint32_t bytes) {
  for (BufferPool& pool : pools_) {
    if (bytes <= pool.buffer_size_bytes()) return pool;
  }
  return pools_.back();
}

std::uint64_t CommandMemory::share_bytes() const {
  // A quarter of the largest buffers, and never less than one of them.
  return std::max<std::uint64_t>(budget_bytes / 4, pools_.back().buffer_size_bytes());
}

std::uint64_t CommandMemory::lent_bytes() const {
  std::uint64_t bytes = std::uint64_t{capsules_.lent()} * capsules_.buffer_size_bytes();
  for (const BufferPool& pool : pools_) bytes += std::uint64_t{pool.lent()} * pool.buffer_size_bytes();
  return bytes;
}

}  // namespace zonecopy::target
