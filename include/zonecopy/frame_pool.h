// Memory for the frames of coroutines.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "zonecopy/surplus.h"

namespace zonecopy {

/// A request is a handful of coroutines, each with a frame of some hundred bytes, and the next request needs the same
/// again: frames that are free are kept, in lists by size. What is not needed for a second or two is given back.
///
/// A frame remembers its pool, so that it may be freed at any time, by the thread that made it; a pool that its loop has
/// left goes with its last frame.
class FramePool final : public Surplus {
 public:
  struct Leave {
    void operator()(FramePool* pool) const { pool->leave(); }
  };
  using Owner = std::unique_ptr<FramePool, Leave>;
  /// Keeps at most `kept_max_bytes`. `watch` outlives the owner's use of the pool; without one nothing is given back.
  static Owner create(std::size_t kept_max_bytes, SurplusWatch* watch = nullptr);
  /// What a loop's pool keeps at most. Nothing where AddressSanitizer is to see each use of a frame that is gone.
  static std::size_t default_kept_max_bytes();

  /// While it lives frames that are made on this thread come from `pool`.
  class Use {
   public:
    explicit Use(FramePool& pool);
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use();

   private:
    FramePool* before_;
  };

  /// From the pool in use on this thread; from the heap where there is none, or the frame is a very large one.
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
    std::size_t unused = 0;  ///< so many were there all the time since the last look
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
