// Recognises a wrong repetition of reads by the kernel.
//
// When an io_uring read at the end of a file returns less than was asked for, the kernel continues it. With FUSE,
// direct_io and no asynchronous direct I/O, as under `strict`, the position has not moved (fs/fuse/file.c,
// fuse_direct_IO, of Linux 6.12). The same bytes are then read again, and the caller gets more bytes than the file has.
// Such a continuation comes from the same thread, at the same offset, for the number of bytes that were missing. The
// right answer to it is the end of file.
#pragma once

#include <cstdint>
#include <map>

namespace zonecopy::zonefs {

class RepeatedReads {
 public:
  /// Notes that a read by thread `pid` returned `done_bytes` of `length_bytes`.
  void note(std::int32_t pid, std::uint64_t offset_bytes, std::uint64_t length_bytes, std::uint64_t done_bytes);
  /// Whether this read is such a continuation.
  [[nodiscard]] bool contains(std::int32_t pid, std::uint64_t offset_bytes, std::uint64_t length_bytes) const;

 private:
  struct Missing {
    std::uint64_t offset_bytes = 0;
    std::uint64_t length_bytes = 0;
    std::uint64_t asked_bytes = 0;
  };
  std::map<std::int32_t, Missing> missing_;  ///< by thread: its last read, if that reached the end of the file
};

}  // namespace zonecopy::zonefs
