// Memory for the data of commands: a budget that all connections share, so that no number of hosts and commands makes the
// target grow. What is not there is waited for, first come, first served.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "zonecopy/buffer.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/wait_list.h"

namespace zonecopy::target {

/// What one host may hold of the memory at once, so that one which takes nothing of what it is sent leaves enough for the
/// others. On the loop's thread only.
class MemoryShare {
 public:
  explicit MemoryShare(std::uint64_t limit_bytes) : left_bytes_(limit_bytes) {}

  /// Gives its bytes back when it is destroyed. The share must outlive it.
  class [[nodiscard]] Portion {
   public:
    Portion() = default;
    Portion(MemoryShare& share, std::uint32_t bytes) : share_(&share), bytes_(bytes) {}
    Portion(Portion&& other) noexcept : share_(std::exchange(other.share_, nullptr)), bytes_(other.bytes_) {}
    Portion& operator=(Portion&& other) noexcept {
      std::swap(share_, other.share_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Portion() {
      if (share_ != nullptr) share_->give_back(bytes_);
    }

   private:
    MemoryShare* share_ = nullptr;
    std::uint32_t bytes_ = 0;
  };

  class [[nodiscard]] Acquire : private WaitNode {
   public:
    Acquire(MemoryShare& share, std::uint32_t bytes) : share_(share), bytes_(bytes) {}
    bool await_ready() { return share_.waiters_.empty() && share_.take(bytes_); }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) {
      set_waiter(handle);
      share_.waiters_.push_back(*this);
    }
    Portion await_resume() { return {share_, bytes_}; }

   private:
    friend class MemoryShare;
    MemoryShare& share_;
    std::uint32_t bytes_;
  };
  /// Awaiting gives a Portion, first come, first served. `bytes` is at most the limit.
  [[nodiscard]] Acquire acquire(std::uint32_t bytes) { return {*this, bytes}; }

 private:
  bool take(std::uint32_t bytes);
  void give_back(std::uint32_t bytes);

  std::uint64_t left_bytes_;
  WaitList waiters_;
};

/// On the loop's thread only.
class CommandMemory {
 public:
  /// `largest_bytes`: the most data of one command; `capsule_bytes`: the most that comes with one.
  CommandMemory(EventLoop& loop, std::uint32_t largest_bytes, std::uint32_t capsule_bytes);

  /// Awaiting gives room for `bytes`, at most what the object was made for; see BufferPool::acquire().
  [[nodiscard]] BufferPool::Acquire acquire(std::uint32_t bytes) { return pool_for(bytes).acquire(); }
  /// The size of the buffer that acquire() gives: what counts for a share.
  [[nodiscard]] std::uint32_t buffer_bytes(std::uint32_t bytes) {
    return static_cast<std::uint32_t>(pool_for(bytes).buffer_size_bytes());
  }
  /// What one host may have at once of that, and of what acquire() gives at all.
  [[nodiscard]] std::uint64_t share_bytes() const;
  /// The same for data that comes with a command, before which nothing more can be received on its connection. It has
  /// buffers of its own: all others may be held by commands whose data has yet to come on that very connection.
  [[nodiscard]] BufferPool::Acquire acquire_capsule() { return capsules_.acquire(); }
  /// Bytes that are lent now.
  [[nodiscard]] std::uint64_t lent_bytes() const;

 private:
  BufferPool& pool_for(std::uint32_t bytes);

  std::array<BufferPool, 3> pools_;
  BufferPool capsules_;
};

}  // namespace zonecopy::target
