// Memory for the frames of coroutines.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "zonecopy/surplus.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// Reuses the memory of coroutine frames. A request needs several frames of some hundred bytes each, and the next
/// request needs the same again. So free frames are kept in lists by size, and are given back when they were not used
/// for a second or two.
///
/// A frame knows its pool, so it may be freed after the loop has gone, but only on the thread that made it. A pool
/// whose owner has gone is destroyed with its last frame.
class FramePool final : public Surplus {
 public:
  struct Leave {
    void operator()(FramePool* pool) const { pool->leave(); }
  };
  using Owner = std::unique_ptr<FramePool, Leave>;
  /// A pool that keeps at most `kept_max_bytes`. `watch` must outlive the Owner; if it is null nothing is given back.
  static Owner create(std::size_t kept_max_bytes, SurplusWatch* watch = nullptr);
  /// The limit for a loop's pool. It is 0 with AddressSanitizer, so that this sees each use of a freed frame.
  static std::size_t default_kept_max_bytes();

  /// While it lives, frames that are made on this thread come from `pool`. Uses may be nested.
  class Use {
   public:
    explicit Use(FramePool& pool);
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use();

   private:
    FramePool* before_;
  };

  /// Allocates from the pool in use on this thread, or from the heap if there is none or the frame is very large.
  /// Throws std::bad_alloc.
  [[nodiscard]] static void* allocate(std::size_t size_bytes);
  static void release(void* frame) noexcept;

  bool give_back_unused() override;
  [[nodiscard]] std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  static constexpr std::size_t step_bytes = 128;
  static constexpr std::size_t sizes = 33;  ///< in steps, the smallest of none: frames up to 4 KiB
  struct alignas(__STDCPP_DEFAULT_NEW_ALIGNMENT__) Header {
    FramePool* pool = nullptr;  ///< null: of the heap
    std::size_t size_steps = 0;
    [[nodiscard]] void* frame() { return this + 1; }
  };
  struct FreeFrames {
    Header* first = nullptr;
    std::size_t count = 0;
    std::size_t unused = 0;  ///< the smallest count since the last give_back_unused()
  };
  static Header*& next(Header& free) { return *static_cast<Header**>(free.frame()); }

  FramePool(std::size_t kept_max_bytes, SurplusWatch* watch) : kept_max_bytes_(kept_max_bytes), watch_(watch) {}
  ~FramePool() override = default;
  void leave();
  Header* take(std::size_t size_steps);
  void put(Header* free) noexcept;
  void drop_first(FreeFrames& of_size, std::size_t size_steps) noexcept;

  std::size_t kept_max_bytes_;
  SurplusWatch* watch_;
  std::size_t kept_bytes_ = 0;
  std::size_t frames_out_ = 0;
  bool left_ = false;
  std::array<FreeFrames, sizes> free_{};
};

}  // namespace zonecopy

#pragma GCC visibility pop
