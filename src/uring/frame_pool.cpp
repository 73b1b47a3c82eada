#include "zonecopy/frame_pool.h"

#include <algorithm>
#include <new>
#include <utility>

namespace zonecopy {
namespace {

// A few hundred requests at once. What is needed beyond comes from the heap and goes back to it.
constexpr std::size_t loop_kept_max_bytes = 512U << 10;
// What a few requests at a time need is not given back.
constexpr std::size_t kept_min_bytes = 16U << 10;

// The language lets a coroutine's promise see the arguments of the coroutine, but no argument of a file operation is its
// loop. Which loop runs on this thread is a property of the thread, as the stack is: set while it runs (FramePool::Use), null
// otherwise. Nothing but where a frame's memory comes from depends on it.
thread_local FramePool* in_use = nullptr;

}  // namespace

std::size_t FramePool::default_kept_max_bytes() {
#if defined(__SANITIZE_ADDRESS__)
  return 0;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  return 0;
#else
  return loop_kept_max_bytes;
#endif
#else
  return loop_kept_max_bytes;
#endif
}

FramePool::Owner FramePool::create(std::size_t kept_max_bytes, SurplusWatch* watch) {
  return Owner(new FramePool(kept_max_bytes, watch));
}

FramePool::Use::Use(FramePool& pool) : before_(std::exchange(in_use, &pool)) {}

FramePool::Use::~Use() { in_use = before_; }

void* FramePool::allocate(std::size_t size_bytes) {
  const std::size_t size_steps = (sizeof(Header) + size_bytes + step_bytes - 1) / step_bytes;
  if (in_use != nullptr && size_steps < sizes) return in_use->take(size_steps)->frame();
  return (new (::operator new(sizeof(Header) + size_bytes)) Header)->frame();
}

void FramePool::release(void* frame) noexcept {
  Header* const header = static_cast<Header*>(frame) - 1;
  if (header->pool != nullptr) {
    header->pool->put(header);
  } else {
    ::operator delete(header);
  }
}

FramePool::Header* FramePool::take(std::size_t size_steps) {
  FreeFrames& of_size = free_[size_steps];
  Header* header = of_size.first;
  if (header == nullptr) {
    header = new (::operator new(size_steps* step_bytes)) Header;
    header->pool = this;
    header->size_steps = size_steps;
  } else {
    of_size.first = next(*header);
    of_size.unused = std::min(of_size.unused, --of_size.count);
    kept_bytes_ -= size_steps * step_bytes;
  }
  ++frames_out_;
  return header;
}

void FramePool::put(Header* free) noexcept {
  --frames_out_;
  const std::size_t size_bytes = free->size_steps * step_bytes;
  if (kept_bytes_ + size_bytes > kept_max_bytes_) {
    ::operator delete(free);
    if (left_ && frames_out_ == 0) delete this;
    return;
  }
  FreeFrames& of_size = free_[free->size_steps];
  next(*free) = of_size.first;
  of_size.first = free;
  ++of_size.count;
  kept_bytes_ += size_bytes;
  if (kept_bytes_ > kept_min_bytes && watch_ != nullptr) watch_->watch(*this);
}

void FramePool::drop_first(FreeFrames& of_size, std::size_t size_steps) noexcept {
  Header* const dropped = of_size.first;
  of_size.first = next(*dropped);
  --of_size.count;
  kept_bytes_ -= size_steps * step_bytes;
  ::operator delete(dropped);
}

bool FramePool::give_back_unused() {
  for (std::size_t size_steps = 0; size_steps < sizes; ++size_steps) {
    FreeFrames& of_size = free_[size_steps];
    for (; of_size.unused > 0 && kept_bytes_ > kept_min_bytes; --of_size.unused) drop_first(of_size, size_steps);
    of_size.unused = of_size.count;
  }
  return kept_bytes_ > kept_min_bytes;
}

void FramePool::leave() {
  if (watch_ != nullptr) watch_->forget(*this);
  watch_ = nullptr;
  kept_max_bytes_ = 0;
  for (std::size_t size_steps = 0; size_steps < sizes; ++size_steps) {
    while (free_[size_steps].first != nullptr) drop_first(free_[size_steps], size_steps);
  }
  left_ = true;
  if (frames_out_ == 0) delete this;
}

}  // namespace zonecopy
