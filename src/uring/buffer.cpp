#include "zonecopy/buffer.h"

#include <unistd.h>

#include <cstdlib>
#include <new>

namespace zonecopy {
namespace {

// What a few requests at a time need is not given back.
constexpr std::size_t kept_min = 2;

std::size_t page_size_bytes() {
  static const auto size_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size_bytes;
}

}  // namespace

Buffer::Buffer(std::size_t size_bytes) : size_bytes_(size_bytes) {
  if (size_bytes == 0) return;
  // Whole pages, so that a device that transfers whole pages does not write beyond the memory.
  const std::size_t page = page_size_bytes();
  const std::size_t allocated_bytes = (size_bytes + page - 1) / page * page;
  data_ = static_cast<std::byte*>(std::aligned_alloc(page, allocated_bytes));
  if (!data_) throw std::bad_alloc();
}

Buffer::~Buffer() { std::free(data_); }

bool BufferPool::try_reserve() {
  // First come, first served: nobody gets a buffer before those who wait.
  if (!waiters_.empty() || lent_ >= limit_) return false;
  if (lent_ >= made_ && !grow() && made_ > 0) return false;
  ++lent_;
  unused_ = std::min(unused_, to_lend());
  return true;
}

bool BufferPool::grow() {
  try {
    free_.reserve(made_ + 1);  // so that the return of a buffer cannot fail
    Buffer buffer(buffer_size_bytes_);
    if (registry_ != nullptr) registry_->add(buffer.span());
    free_.push_back(std::move(buffer));
  } catch (const std::bad_alloc&) {
    return false;
  }
  ++made_;
  return true;
}

BufferPool::~BufferPool() {
  if (registry_ == nullptr) return;
  registry_->forget(*this);
  for (const Buffer& buffer : free_) registry_->remove(buffer.span());
}

BufferPool::Loan BufferPool::lend() {
  if (free_.empty()) {
    --lent_;
    return {};
  }
  Loan loan(*this, std::move(free_.back()));
  free_.pop_back();
  return loan;
}

void BufferPool::give_back(Buffer buffer) {
  free_.push_back(std::move(buffer));
  if (waiters_.empty()) {
    --lent_;
    if (registry_ != nullptr && to_lend() > kept_min) registry_->watch(*this);
    return;
  }
  // The buffer goes to the next waiter, so `lent_` does not change.
  waiters_.pop_front()->wake();
}

bool BufferPool::give_back_unused() {
  for (; unused_ > kept_min; --unused_) {
    if (registry_ != nullptr) registry_->remove(free_.back().span());
    free_.pop_back();
    --made_;
  }
  unused_ = to_lend();
  return to_lend() > kept_min;
}

}  // namespace zonecopy
