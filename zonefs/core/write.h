// Writes to zone files, and fsync. The order of the checks is that of fs/zonefs.
#pragma once

#include <optional>
#include <span>

#include "zonefs/core/conventional_writer.h"
#include "zonefs/core/open_file.h"
#include "zonefs/core/recovery.h"
#include "zonefs/core/stream_writer.h"
#include "zonefs/core/volume.h"
#include "zonefs/core/write_pieces.h"

namespace zonecopy::zonefs {

/// On the loop's thread only; what is passed to the constructor must outlive it.
class Writer {
 public:
  Writer(Volume& volume, Recovery& recovery, StreamWriter& stream, ConventionalWriter& conventional)
      : volume_(volume), recovery_(recovery), stream_(stream), conventional_(conventional), pieces_(volume, stream) {}

  /// Returns the bytes written, which may be fewer than requested. `open_file` may be null for write-back. `open_file`
  /// and `data` must outlive the await. EPERM: the zone is read-only or offline. EROFS. EFBIG: beyond the capacity.
  /// EINVAL: a sequential file is written below its end, a direct write is not at its end or not of whole blocks, or a
  /// synchronous one fills no block. EIO under strict: a buffered write to a sequential file. EINTR. ENOMEM. Else what
  /// device_errno() makes of the device's error. zonecopyfs(8) lists all.
  Task<Result<std::uint64_t>> write(OpenFile* open_file, FileNumber number, std::uint64_t offset_bytes,
                                    std::span<const std::byte> data, IoFlags flags);
  /// Makes all acknowledged writes durable (fsync(2)). EIO: the flush failed, the end of the file fills no block
  /// (tail=refuse), or a direct write through `open_file` (may be null) has ended inside a block, so that a part that
  /// was acknowledged is not written. EPERM: the zone is read-only or offline. EINTR. `open_file` and `cancel` (may be
  /// null) must outlive the await.
  Task<Status> sync(FileNumber number, OpenFile* open_file, std::int32_t pid, const CancelToken* cancel);
  /// What close(2) tells: EIO where `open_file` is open for writing and the end of the file fills no block
  /// (tail=refuse), or cannot be written any more.
  /// Nothing is done: the end is kept, as others may go on writing.
  [[nodiscard]] Status at_close(const OpenFile& open_file) const;

 private:
  [[nodiscard]] Status may_write(FileNumber number, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                                 IoFlags flags) const;
  [[nodiscard]] KeyedLocks::Mode mode_of(FileNumber number, std::uint64_t offset_bytes,
                                         std::uint64_t length_bytes) const;
  [[nodiscard]] bool part_landed(const WriteOutcome& outcome, FileNumber number) const;
  Task<WriteOutcome> write_by_kind(OpenFile* open_file, FileNumber number, std::uint64_t offset_bytes,
                                   std::span<const std::byte> data, IoFlags flags);
  Task<Status> flush(FileNumber number, KeyedLocks::Guard& guard);
  Task<Status> settle_end(FileNumber number, KeyedLocks::Guard& guard);

  Volume& volume_;
  Recovery& recovery_;
  StreamWriter& stream_;
  ConventionalWriter& conventional_;
  PieceWriter pieces_;
};

}  // namespace zonecopy::zonefs
