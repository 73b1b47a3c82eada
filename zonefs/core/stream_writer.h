// Writes of any length at the end of a sequential file, and what becomes of an end that fills no block (FileEnd).
#pragma once

#include <optional>
#include <span>
#include <string>

#include "zonefs/core/open_file.h"
#include "zonefs/core/volume.h"
#include "zonefs/core/write_outcome.h"

namespace zonecopy::zonefs {

/// On the loop's thread only; `volume` must outlive it. The caller holds the file's lock in Mode::write or exclusively,
/// and lets Recovery look after the file where an outcome says on_device.
class StreamWriter {
 public:
  explicit StreamWriter(Volume& volume) : volume_(volume) {}

  /// Writes at `offset_bytes`, or with IoFlags::append at the end of the file. A gap in front of the data is filled with
  /// zeros. EFBIG: at the capacity or behind it; what fits in front of it is written. EINVAL: below the end of the data,
  /// or less than a block with IoFlags::sync, under which an end that fills no block is not taken.
  Task<WriteOutcome> write(FileNumber number, std::uint64_t offset_bytes, std::span<const std::byte> data,
                           IoFlags flags);
  /// Adds data at the end of the data. `own`, if not null, is the loan in which the data lies; it is used as scratch
  /// memory, so that no other has to be waited for.
  Task<WriteOutcome> append(FileNumber number, std::span<const std::byte> data, BufferPool::Loan* own,
                            bool zone_append);
  /// Adds zeros until the data ends at `end_bytes`.
  Task<WriteOutcome> fill_to(FileNumber number, std::uint64_t end_bytes);

  /// Brings everything but a tail to the zone, and the tail as well under tail=pad. EIO: a tail is left and refused.
  Task<WriteOutcome> settle(FileNumber number);
  /// The last writer has closed the file: settle(), then the file ends at its write pointer. The log tells what that
  /// drops.
  Task<WriteOutcome> end_of_writing(FileNumber number);

 private:
  [[nodiscard]] std::optional<Error> refusal(FileNumber number, std::uint64_t position_bytes) const;
  [[nodiscard]] bool asks_for_zeros_that_are_there(FileNumber number, std::uint64_t position_bytes,
                                                   std::span<const std::byte> data) const;
  void drop(FileNumber number, std::uint64_t bytes, const std::string& why);

  Volume& volume_;
};

}  // namespace zonecopy::zonefs
