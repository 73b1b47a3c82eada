// Copies within or between files without reading them: what the file system beneath an image offers. Blocking.
#pragma once

#include <cstdint>

#include "zonecopy/sync.h"

namespace zonecopy {

enum class FileCopyMechanism : std::uint8_t {
  reflink,          ///< FICLONERANGE: the files share the extents, nothing is copied
  copy_file_range,  ///< the kernel reads and writes, or shares by itself where it can: nobody is told which
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
  int code = 0;              ///< errno of what stopped it, 0 if nothing did
  bool unsupported = false;  ///< the file system cannot do it for these files or this range; the data is fine
  bool by_kernel = false;    ///< by copy_file_range: the kernel has moved the data, as far as anybody can know
  int sharing_code = 0;      ///< errno of FICLONERANGE, where that was tried and the kernel copied then
};

/// Whether data may be moved where extents cannot be shared.
enum class FileCopyAllowed : std::uint8_t { sharing, moving };

/// Tries `mechanism` and those after it, as far as `allowed`. Stops between chunks when `cancel` asks for it, without an
/// error.
FileCopyOutcome copy_between_files(const FileRange& range, FileCopyMechanism mechanism, FileCopyAllowed allowed,
                                   const CancelToken* cancel);

/// What the file system of `fd`, a regular file of 4096 bytes at least that is open for
/// writing, can do. Nothing is changed.
FileCopyMechanism probe_file_copy(int fd);

}  // namespace zonecopy
