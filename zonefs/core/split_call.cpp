#include "zonefs/core/split_call.h"

#include <utility>

namespace zonecopy::zonefs {

bool CutCalls::admit(std::int32_t pid, std::uint64_t offset_bytes, std::uint64_t length_bytes, std::uint64_t end_bytes,
                     std::uint32_t block_size_bytes) {
  const auto found = next_.find(pid);
  const bool continues = found != next_.end() && found->second == offset_bytes;
  if (found != next_.end()) next_.erase(found);
  if (offset_bytes % block_size_bytes != 0 && !continues) return false;
  if (end_bytes % block_size_bytes == 0) return true;
  if (!may_be_cut(length_bytes)) return false;
  next_.emplace(pid, end_bytes);
  return true;
}

std::optional<WriteTail> HeldTail::take(std::int32_t pid, std::uint64_t offset_bytes) {
  // A request of another thread says nothing about this call, which may be between two pieces.
  if (!tail_ || tail_->pid != pid) return std::nullopt;
  std::optional<WriteTail> tail = std::exchange(tail_, std::nullopt);
  if (tail->next_offset_bytes == offset_bytes) return tail;
  lost_ = true;
  return std::nullopt;
}

void HeldTail::hold(WriteTail tail) {
  lost_ = lost_ || tail_.has_value();
  tail_ = std::move(tail);
}

void HeldTail::forget() {
  tail_.reset();
  lost_ = false;
}

bool HeldTail::take_loss(std::int32_t pid) {
  // While the call is under way, fsync comes from another thread, and the data of the call was not acknowledged to it.
  const bool ended_early = tail_ && (tail_->pid == pid || !tail_->certain);
  return std::exchange(lost_, false) || ended_early;
}

}  // namespace zonecopy::zonefs
