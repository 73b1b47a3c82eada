// Pieces of one read(2) or write(2) that the kernel has cut inside a block.
//
// A FUSE request refers to 256 pages of the caller's memory at most. Memory that begins inside a page has so much less
// room in them, so that of a call of 1 MiB and more the first piece ends, and the next one begins, inside a block
// (fs/fuse/file.c, fuse_get_user_pages, of Linux 6.1 to 6.18). The pieces of a call come in order, from one thread. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "zonefs/core/request_size.h"

namespace zonecopy::zonefs {

/// Whether a request of this length may be such a piece: with another page it would not fit.
[[nodiscard]] constexpr bool may_be_cut(std::uint64_t length_bytes) {
  return length_bytes > request_data_max_bytes - 4096 && length_bytes <= request_data_max_bytes;
}

/// Which requests go on where a piece of the same thread was cut. For what can be carried out piece by piece.
class CutCalls {
 public:
  /// Whether a request of `length_bytes` may begin and end where it does. `end_bytes`: where it ends in the file, which may
  /// be earlier than was asked for. To be asked once for each request, in their order.
  [[nodiscard]] bool admit(std::int32_t pid, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                           std::uint64_t end_bytes, std::uint32_t block_size_bytes);

 private:
  std::map<std::int32_t, std::uint64_t> next_;  ///< by thread: where its call goes on
};

/// The end of a piece of a write to a sequential file that fills no block: it waits for the piece that continues it.
struct WriteTail {
  std::int32_t pid = 0;
  std::uint64_t call_start_bytes = 0;   ///< the offset of the call, as the kernel tells it
  std::uint64_t next_offset_bytes = 0;  ///< and that of its next piece
  std::uint64_t position_bytes = 0;     ///< where in the file `data` begins: a block
  bool certain = false;                 ///< that the call goes on
  std::vector<std::byte> data;
};

class HeldTail {
 public:
  void hold(WriteTail tail);
  /// What a request continues, which is held no longer. What is held of an earlier call of that thread is given up: it has
  /// ended early.
  [[nodiscard]] std::optional<WriteTail> take(std::int32_t pid, std::uint64_t offset_bytes);
  void forget();  ///< the file was emptied
  /// For fsync(2) by `pid`: whether data was acknowledged that will not be written, or may not be. Told once.
  [[nodiscard]] bool take_loss(std::int32_t pid);
  [[nodiscard]] bool waits() const { return tail_.has_value(); }

 private:
  std::optional<WriteTail> tail_;
  bool lost_ = false;
};

}  // namespace zonecopy::zonefs
