// What the kernel does wrong with io_uring reads at the end of a file, seen from below.
//
// A read by io_uring that got less than it asked for is continued by the kernel. Through FUSE with direct_io and without
// asynchronous direct I/O, which is how `strict` wants it, the position has not moved (fs/fuse/file.c, fuse_direct_IO,
// of Linux 6.12): the same bytes are read again, and the caller is told of more than the file has. The continuation comes
// from the same thread, at the same offset, for as many bytes as were missing. It is at the end of the file.
#pragma once

#include <cstdint>
#include <map>

namespace zonecopy::zonefs {

class RepeatedReads {
 public:
  /// A read by process (thread) `pid` has got `done_bytes` of what it asked for.
  void note(std::int32_t pid, std::uint64_t offset_bytes, std::uint64_t length_bytes, std::uint64_t done_bytes);
  /// Whether this read is such a continuation.
  [[nodiscard]] bool contains(std::int32_t pid, std::uint64_t offset_bytes, std::uint64_t length_bytes) const;

 private:
  struct Missing {
    std::uint64_t offset_bytes = 0;
    std::uint64_t length_bytes = 0;
    std::uint64_t asked_bytes = 0;
  };
  std::map<std::int32_t, Missing> missing_;  ///< by thread, of its last read, where that came to the end
};

}  // namespace zonecopy::zonefs
