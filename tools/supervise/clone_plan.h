// Whether a clone into a zone file can be carried out by copying, found out before anything is changed. Pure.
#pragma once

#include <cstdint>

namespace zonecopy::supervise {

/// What a clone needs to know of a file that it was given a descriptor of.
struct CloneFile {
  std::uint64_t device_number = 0;
  std::uint64_t inode = 0;
  bool is_directory = false;
  bool is_regular = true;
  bool readable = true;  ///< by the descriptor
  bool writable = true;  ///< by the descriptor
  bool appends = false;  ///< O_APPEND
  std::uint64_t size_bytes = 0;
};

/// And of the destination, which is a zone file.
struct CloneDestination : CloneFile {
  bool sequential = true;
  bool truncation_owed = false;  ///< ZONECOPY_FILE_TRUNCATION_OWED
  bool read_only = false;        ///< the mount
  std::uint64_t capacity_bytes = 0;
  std::uint64_t block_size_bytes = 0;
};

/// As of FICLONERANGE (ioctl_ficlonerange(2)); FICLONE has all zeros.
struct CloneRange {
  std::uint64_t source_offset_bytes = 0;
  std::uint64_t length_bytes = 0;  ///< 0: to the end of the source
  std::uint64_t destination_offset_bytes = 0;
};

struct ClonePlan {
  int code = 0;  ///< errno where the clone cannot be carried out; the rest is meaningless then
  /// Truncates the destination first, as an open has asked for.
  bool truncates = false;
  /// The destination is empty before: if the copy fails, it is truncated to 0 again.
  bool can_undo = false;
  CloneRange range;  ///< its length is exact, and may be 0
};

/// Errors are those that the kernel has for FICLONERANGE: EXDEV, EISDIR, EINVAL, EBADF, EROFS; ENOSPC where the range
/// does not fit, at which cp(1) stops instead of copying what fits. `source_is_empty`: a read has found its end at 0;
/// then there is nothing that would have to be on the same file system.
[[nodiscard]] ClonePlan plan_clone(const CloneFile& source, bool source_is_empty, const CloneDestination& destination,
                                   CloneRange range);

}  // namespace zonecopy::supervise
