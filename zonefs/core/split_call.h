// Pieces of one read(2) or write(2) that the kernel has cut inside a block. Pure.
//
// A FUSE request refers to at most 256 pages of the caller's memory. If that memory begins inside a page, 256 pages
// hold less than 1 MiB of it. So the first piece of a call of 1 MiB or more ends, and the next one begins, inside a
// block (fs/fuse/file.c, fuse_get_user_pages, of Linux 6.1 to 6.18). The pieces of a call come in order, from one
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "zonefs/core/request_size.h"

namespace zonecopy::zonefs {

/// Whether a request of this length may be such a piece: it uses all 256 pages.
[[nodiscard]] constexpr bool may_be_cut(std::uint64_t length_bytes) {
  return length_bytes > request_data_max_bytes - 4096 && length_bytes <= request_data_max_bytes;
}

/// Recognises requests that continue a piece of the same thread. For reads, and for writes to conventional files, which
/// can be carried out piece by piece.
class CutCalls {
 public:
  /// Whether a direct request of `length_bytes` may begin and end where it does. `end_bytes` is its end in the file,
  /// which may be earlier than requested. Call it once for each request, in their order.
  [[nodiscard]] bool admit(std::int32_t pid, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                           std::uint64_t end_bytes, std::uint32_t block_size_bytes);

 private:
  std::map<std::int32_t, std::uint64_t> next_;  ///< by thread: the offset at which its call continues
};

/// The end of a piece of a write to a sequential file that does not fill a block. It is held until the next piece
/// comes.
struct WriteTail {
  std::int32_t pid = 0;
  std::uint64_t call_start_bytes = 0;   ///< the offset of the call, as the kernel tells it
  std::uint64_t next_offset_bytes = 0;  ///< the offset of its next piece, as the kernel will tell it
  std::uint64_t position_bytes = 0;     ///< where `data` belongs in the file: the start of a block
  bool certain = false;                 ///< the call is known to continue
  std::vector<std::byte> data;
};

class HeldTail {
 public:
  void hold(WriteTail tail);
  /// Takes the tail that a request continues; nothing if it continues none. A tail of an earlier call of the same
  /// thread is dropped, as that call has ended early.
  [[nodiscard]] std::optional<WriteTail> take(std::int32_t pid, std::uint64_t offset_bytes);
  void forget();  ///< drops the tail, as the file was truncated to 0
  /// For fsync(2) by `pid`: whether data was acknowledged that will not, or may not, be written. Returns true once.
  [[nodiscard]] bool take_loss(std::int32_t pid);
  /// The call of that thread has failed after its earlier pieces: what is held of it may never be continued.
  void call_ended_early(std::int32_t pid) {
    if (tail_ && tail_->pid == pid) tail_->certain = false;
  }
  [[nodiscard]] bool waits() const { return tail_.has_value(); }

 private:
  std::optional<WriteTail> tail_;
  bool lost_ = false;
};

}  // namespace zonecopy::zonefs
