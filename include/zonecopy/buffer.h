// Page-aligned memory for transfers by devices, and pools that reuse it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "zonecopy/surplus.h"
#include "zonecopy/wait_list.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// Owns page-aligned memory. Its contents are not initialised.
class Buffer {
 public:
  Buffer() = default;
  /// Throws std::bad_alloc.
  explicit Buffer(std::size_t size_bytes);
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_bytes_(std::exchange(other.size_bytes_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_bytes_, other.size_bytes_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_bytes_; }
  [[nodiscard]] std::span<std::byte> span() const { return {data_, size_bytes_}; }
  [[nodiscard]] std::span<std::byte> first(std::size_t count) const { return span().first(count); }
  explicit operator bool() const { return data_ != nullptr; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_bytes_ = 0;
};

/// Registers memory with the kernel, which then need not look up and pin the pages for each transfer. It is also the
/// SurplusWatch of those who keep memory. On the loop's thread only.
class MemoryRegistry : public SurplusWatch {
 public:
  /// Registers `memory`, which must stay valid until it is removed. A failure is not reported: transfers work without.
  virtual void add(std::span<std::byte> memory) = 0;
  /// Afterwards the memory may be freed. No transfer may use it.
  virtual void remove(std::span<std::byte> memory) = 0;
};

/// A pool of at most `limit` buffers of one size, fewer where memory is short. Buffers that come back are kept for
/// later; those that were not needed for a second or two are freed, all but a few. On the loop's thread only.
class BufferPool final : public Surplus {
 public:
  /// Buffers are registered with `registry`, which may be null and must outlive the pool, while they exist.
  BufferPool(std::size_t buffer_size_bytes, std::size_t limit, MemoryRegistry* registry = nullptr)
      : buffer_size_bytes_(buffer_size_bytes), limit_(limit), registry_(registry) {}
  ~BufferPool() override;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// A buffer that is returned to its pool, which must outlive it, by the destructor.
  class [[nodiscard]] Loan {
   public:
    Loan() = default;
    Loan(BufferPool& pool, Buffer buffer) : pool_(&pool), buffer_(std::move(buffer)) {}
    Loan(Loan&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), buffer_(std::move(other.buffer_)) {}
    Loan& operator=(Loan&& other) noexcept {
      std::swap(pool_, other.pool_);
      std::swap(buffer_, other.buffer_);
      return *this;
    }
    ~Loan() {
      if (pool_) pool_->give_back(std::move(buffer_));
    }
    [[nodiscard]] std::byte* data() const { return buffer_.data(); }
    [[nodiscard]] std::size_t size() const { return buffer_.size(); }
    [[nodiscard]] std::span<std::byte> first(std::size_t count) const { return buffer_.first(count); }
    explicit operator bool() const { return static_cast<bool>(buffer_); }

   private:
    BufferPool* pool_ = nullptr;
    Buffer buffer_;
  };

  class [[nodiscard]] Acquire : private WaitNode {
   public:
    explicit Acquire(BufferPool& pool) : pool_(pool) {}
    bool await_ready() { return pool_.try_reserve(); }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) {
      set_waiter(handle);
      pool_.waiters_.push_back(*this);
    }
    Loan await_resume() { return pool_.lend(); }

   private:
    BufferPool& pool_;
  };

  /// Awaiting gives a Loan, and waits while all buffers are lent, first come, first served. The Loan is empty if there
  /// is no memory for even one buffer: ENOMEM.
  [[nodiscard]] Acquire acquire() { return Acquire(*this); }
  /// Makes a first buffer now; false if there is no memory for it.
  [[nodiscard]] bool prepare() { return made_ > 0 || grow(); }
  [[nodiscard]] std::size_t buffer_size_bytes() const { return buffer_size_bytes_; }
  [[nodiscard]] std::size_t lent() const { return lent_; }
  [[nodiscard]] std::size_t made() const { return made_; }
  bool give_back_unused() override;

 private:
  friend class Loan;
  bool try_reserve();  ///< counts a buffer as lent, if there is one to lend
  Loan lend();
  void give_back(Buffer buffer);
  bool grow();
  [[nodiscard]] std::size_t to_lend() const { return made_ - std::min(made_, lent_); }

  std::size_t buffer_size_bytes_;
  std::size_t limit_;
  MemoryRegistry* registry_;
  std::size_t made_ = 0;
  std::size_t lent_ = 0;    ///< on loan, or promised to a waiter that has been woken
  std::size_t unused_ = 0;  ///< the smallest number of free buffers since the last give_back_unused()
  std::vector<Buffer> free_;
  WaitList waiters_;
};

}  // namespace zonecopy

#pragma GCC visibility pop
