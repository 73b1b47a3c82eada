// Direct writes to a sequential file. They are of whole blocks, but the kernel may cut a call inside a
// block (split_call.h). The end of a piece that fills no block is held in memory until the next piece of the same
// system call brings the rest of the block.
//
// A piece whose end is held is answered as written. So an end is held only where the call is seen to continue (write(2)
// and pwrite(2), whose length /proc shows), or where the request would be wrong otherwise, as a direct write has whole
// blocks. A caller who breaks that rule by a call that shows no length gets the error from fsync(2).
#pragma once

#include <optional>
#include <span>

#include "zonefs/core/open_file.h"
#include "zonefs/core/stream_writer.h"
#include "zonefs/core/volume.h"
#include "zonefs/core/write_outcome.h"

namespace zonecopy::zonefs {

class PieceWriter {
 public:
  PieceWriter(Volume& volume, StreamWriter& stream) : volume_(volume), stream_(stream) {}

  /// The caller holds the file's lock in Mode::write. `open_file` and `data` must outlive the await.
  Task<WriteOutcome> write(OpenFile& open_file, std::uint64_t offset_bytes, std::span<const std::byte> data,
                           IoFlags flags);
  /// Holds again the tail that a failed request continued. It was acknowledged, and the caller may repeat the request,
  /// which then continues it.
  static void hold_again(OpenFile& open_file, WriteTail tail);

 private:
  /// EFBIG or EINVAL where the request is not valid at this position.
  [[nodiscard]] Status may_begin(FileNumber number, const WriteOutcome& at, std::uint64_t length_bytes) const;
  Task<bool> hold_rest(OpenFile& open_file, WriteTail next, IoFlags flags);
  Task<std::optional<bool>> call_goes_on(const WriteTail& tail, IoFlags flags);

  Volume& volume_;
  StreamWriter& stream_;
};

}  // namespace zonecopy::zonefs
