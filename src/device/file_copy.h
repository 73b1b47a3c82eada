// Copies within or between files without reading them into this process, as far as the file system that holds an image
// can. All functions block: call them on any thread but the loop's.
#pragma once

#include <cstdint>
#include <span>

#include "zonecopy/sync.h"

namespace zonecopy {

enum class FileCopyMechanism : std::uint8_t {
  reflink,          ///< FICLONERANGE: the files share extents, no data is copied
  copy_file_range,  ///< the kernel reads and writes, or shares extents where it can; it does not tell which
  none,
};

struct FileRange {
  int source_fd = -1;
  std::uint64_t source_offset_bytes = 0;
  int destination_fd = -1;
  std::uint64_t destination_offset_bytes = 0;
  std::uint64_t length_bytes = 0;
};

struct FileCopyOutcome {
  std::uint64_t bytes_copied = 0;
  int code = 0;              ///< errno of what stopped the copy, 0 if nothing did
  bool unsupported = false;  ///< the file system cannot copy these files or this range; nothing is wrong with the data
  std::uint64_t bytes_by_kernel = 0;  ///< of these, copied by copy_file_range, which counts as moved by the kernel
  int sharing_code = 0;               ///< errno of FICLONERANGE, where that failed and copy_file_range was used instead
};

/// Whether data may be moved where extents cannot be shared.
enum class FileCopyAllowed : std::uint8_t { sharing, moving };

/// Tries `mechanism` and those after it, as far as `allowed`. When `cancel` (may be null) is requested it stops between
/// chunks, with no error.
FileCopyOutcome copy_between_files(const FileRange& range, FileCopyMechanism mechanism, FileCopyAllowed allowed,
                                   const CancelToken* cancel);

/// Copies ranges one after the other in the same way, up to the first that is not copied whole. The outcome is of all of
/// them: `bytes_copied` is where the copy has come to, the rest is about the range that stopped it.
FileCopyOutcome copy_ranges_between_files(std::span<const FileRange> ranges, FileCopyMechanism mechanism,
                                          FileCopyAllowed allowed, const CancelToken* cancel);

/// Whether two files are on one file system, so that a mechanism can work between them. The subvolumes of Btrfs look like
/// file systems of their own, and share extents all the same.
bool on_one_file_system(int one_fd, int other_fd);

/// The best mechanism of the file system that holds `fd`, a regular file of at least 4096 bytes that is open for
/// writing. Changes nothing.
FileCopyMechanism probe_file_copy(int fd);

}  // namespace zonecopy
