// Writing to a zone file, and making it durable. The order of the checks is that of fs/zonefs; zonecopyfs(8) lists the errors.
#pragma once

#include <optional>
#include <span>

#include "zonefs/core/open_file.h"
#include "zonefs/core/recovery.h"
#include "zonefs/core/volume.h"
#include "zonefs/core/write_pieces.h"

namespace zonecopy::zonefs {

class Writer {
 public:
  Writer(Volume& volume, Recovery& recovery) : volume_(volume), recovery_(recovery), pieces_(volume) {}

  /// Returns the bytes written, which may be fewer. `open_file` may be null for write-back. `data` lives until then.
  Task<Result<std::uint64_t>> write(OpenFile* open_file, FileNumber number, std::uint64_t offset_bytes,
                                    std::span<const std::byte> data, IoFlags flags);
  /// Makes durable what was acknowledged. EIO also where a direct write through `open_file`, which may be null, has ended
  /// inside a block after its last piece was acknowledged.
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
  Task<Status> flush(FileNumber number, KeyedLocks::Guard& guard, KeyedLocks::Mode mode);

  Volume& volume_;
  Recovery& recovery_;
  PieceWriter pieces_;
};

}  // namespace zonecopy::zonefs
