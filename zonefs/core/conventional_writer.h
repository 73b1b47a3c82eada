// Writes of any range of a conventional file.
#pragma once

#include <span>

#include "zonefs/core/open_file.h"
#include "zonefs/core/volume.h"
#include "zonefs/core/write_outcome.h"

namespace zonecopy::zonefs {

/// On the loop's thread only; `volume` must outlive it. The caller holds the file's lock: in Mode::write, or in
/// Mode::write_beside for whole blocks of a file that is not in Volume::emptied.
class ConventionalWriter {
 public:
  explicit ConventionalWriter(Volume& volume) : volume_(volume) {}

  /// Writes what fits in front of the capacity; `offset_bytes` is below it. `open_file` may be null. EINVAL: a direct
  /// write that is not of whole blocks.
  Task<WriteOutcome> write(OpenFile* open_file, FileNumber number, std::uint64_t offset_bytes,
                           std::span<const std::byte> data, IoFlags flags);
  /// Where the file was emptied (EmptiedFiles), fills it with zeros up to `end_bytes`. ENOMEM, or the device's error.
  Task<Status> fill_gap(FileNumber number, std::uint64_t end_bytes);

 private:
  Task<Status> write_bytes(FileNumber number, std::uint64_t offset_bytes, std::span<const std::byte> data);
  Task<Status> rewrite_blocks(FileNumber number, std::uint64_t offset_bytes, std::span<const std::byte> data);

  Volume& volume_;
};

}  // namespace zonecopy::zonefs
