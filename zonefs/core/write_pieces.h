// Writes to a sequential file, which takes whole blocks at its end only, though the kernel may cut a call inside a block:
// what is left of a piece is held in memory until the next piece, in the same system call, brings the rest of the block.
//
// A piece whose end is held is answered as written. So one is held only where the call is seen to go on (write(2) and
// pwrite(2), whose length the kernel shows), or where what is asked for cannot be right otherwise: a direct write has whole
// blocks. A caller who breaks that rule with one of these lengths, by a call that shows no length, learns it from fsync(2).
#pragma once

#include <optional>
#include <span>

#include "zonefs/core/open_file.h"
#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

struct WriteOutcome {
  std::uint64_t bytes = 0;             ///< of the request
  std::optional<Error> error;          ///< then nothing of the request is known to be written
  bool on_device = false;              ///< the error: the file is to be recovered
  std::uint64_t position_bytes = 0;    ///< where in a sequential file the device was written to
  std::optional<WriteTail> continued;  ///< what was held before it

  /// Where the request's own data begins.
  [[nodiscard]] std::uint64_t begin_bytes() const { return position_bytes + (continued ? continued->data.size() : 0); }
};

class PieceWriter {
 public:
  explicit PieceWriter(Volume& volume) : volume_(volume) {}

  /// The caller has the file for writing (Mode::write).
  Task<WriteOutcome> write(OpenFile& open_file, std::uint64_t offset_bytes, std::span<const std::byte> data,
                           IoFlags flags);
  /// What an outcome with an error continued: it was acknowledged, and a caller who tries again from where he was told may
  /// still bring the rest.
  static void hold_again(OpenFile& open_file, WriteTail tail);

 private:
  /// EFBIG, EINVAL; success where the device may be asked.
  [[nodiscard]] Status may_begin(FileNumber number, const WriteOutcome& at, std::uint64_t length_bytes,
                                 IoFlags flags) const;
  Task<bool> hold_rest(OpenFile& open_file, WriteTail next, IoFlags flags);
  Task<std::optional<bool>> call_goes_on(const WriteTail& tail, IoFlags flags);

  Volume& volume_;
};

}  // namespace zonecopy::zonefs
