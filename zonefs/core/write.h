// Writes to zone files, and fsync. The order of the checks is that of fs/zonefs.
#pragma once

#include <optional>
#include <span>

#include "zonefs/core/open_file.h"
#include "zonefs/core/recovery.h"
#include "zonefs/core/volume.h"
#include "zonefs/core/write_pieces.h"

namespace zonecopy::zonefs {

/// On the loop's thread only; `volume` and `recovery` must outlive it.
class Writer {
 public:
  Writer(Volume& volume, Recovery& recovery) : volume_(volume), recovery_(recovery), pieces_(volume) {}

  /// Returns the bytes written, which may be fewer than requested. `open_file` may be null for write-back. `open_file`
  /// and `data` must outlive the await. EPERM: the zone is read-only or offline. EROFS. EFBIG: beyond the capacity.
  /// EINVAL: a sequential file is not written at its end, or a direct write is not of whole blocks. EIO under strict: a
  /// buffered write to a sequential file. EINTR. ENOMEM. Else what device_errno() makes of the device's error.
  /// zonecopyfs(8) lists all.
  Task<Result<std::uint64_t>> write(OpenFile* open_file, FileNumber number, std::uint64_t offset_bytes,
                                    std::span<const std::byte> data, IoFlags flags);
  /// Makes all acknowledged writes durable (fsync(2)). EIO: the flush failed, or a direct write through `open_file`
  /// (may be null) has ended inside a block, so that a part that was acknowledged is not written. EPERM: the zone is
  /// read-only or offline. EINTR. `open_file` and `cancel` (may be null) must outlive the await.
  Task<Status> sync(FileNumber number, OpenFile* open_file, std::int32_t pid, const CancelToken* cancel);

 private:
  [[nodiscard]] Status may_write(FileNumber number, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                                 IoFlags flags) const;
  [[nodiscard]] KeyedLocks::Mode mode_of(FileNumber number, std::uint64_t offset_bytes,
                                         std::uint64_t length_bytes) const;
  [[nodiscard]] bool part_landed(const WriteOutcome& outcome, FileNumber number) const;
  Task<WriteOutcome> write_conventional(OpenFile* open_file, FileNumber number, std::uint64_t offset_bytes,
                                        std::span<const std::byte> data, IoFlags flags);
  Task<Status> rewrite_blocks(FileNumber number, std::uint64_t offset_bytes, std::span<const std::byte> data);
  Task<Status> flush(FileNumber number, KeyedLocks::Guard& guard);

  Volume& volume_;
  Recovery& recovery_;
  PieceWriter pieces_;
};

}  // namespace zonecopy::zonefs
