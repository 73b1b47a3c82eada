#include "src/device/file_copy.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "zonecopy/file_descriptor.h"

namespace zonecopy {
namespace {

// A copy can be cancelled after each chunk. Sharing extents takes no time and is not divided.
constexpr std::uint64_t copy_chunk_bytes = 32U << 20;

bool means_unsupported(int code) {
  return code == EOPNOTSUPP || code == ENOSYS || code == EXDEV || code == EINVAL || code == ENOTTY || code == EPERM;
}

int reflink(const FileRange& range) {
  file_clone_range request{};
  request.src_fd = range.source_fd;
  request.src_offset = range.source_offset_bytes;
  request.src_length = range.length_bytes;
  request.dest_offset = range.destination_offset_bytes;
  int code = 0;
  do {
    code = ioctl(range.destination_fd, FICLONERANGE, &request) == 0 ? 0 : errno;
  } while (code == EINTR);
  return code;
}

FileCopyOutcome copy_in_kernel(const FileRange& range, const CancelToken* cancel) {
  FileCopyOutcome outcome;
  while (outcome.bytes_copied < range.length_bytes) {
    if (cancel != nullptr && cancel->requested()) return outcome;
    auto from = static_cast<off_t>(range.source_offset_bytes + outcome.bytes_copied);
    auto to = static_cast<off_t>(range.destination_offset_bytes + outcome.bytes_copied);
    const std::uint64_t left_bytes = range.length_bytes - outcome.bytes_copied;
    const ssize_t count =
        copy_file_range(range.source_fd, &from, range.destination_fd, &to, std::min(left_bytes, copy_chunk_bytes), 0);
    if (count > 0) {
      outcome.bytes_copied += static_cast<std::uint64_t>(count);
      outcome.bytes_by_kernel = outcome.bytes_copied;
    } else if (count == 0) {
      outcome.code = EIO;  // the source file ended: somebody truncated it
      return outcome;
    } else if (errno != EINTR) {
      outcome.code = errno;
      outcome.unsupported = means_unsupported(errno);
      return outcome;
    }
  }
  return outcome;
}

}  // namespace

FileCopyOutcome copy_between_files(const FileRange& range, FileCopyMechanism mechanism, FileCopyAllowed allowed,
                                   const CancelToken* cancel) {
  int sharing_code = EOPNOTSUPP;
  if (mechanism == FileCopyMechanism::reflink) {
    sharing_code = reflink(range);
    if (sharing_code == 0) return {range.length_bytes, 0, false, 0, 0};
    // EINVAL counts as unsupported: the range is not aligned to the blocks of the file system that holds the file.
    if (!means_unsupported(sharing_code)) return {0, sharing_code, false, 0, 0};
  }
  if (mechanism == FileCopyMechanism::none || allowed == FileCopyAllowed::sharing) return {0, sharing_code, true, 0, 0};
  FileCopyOutcome outcome = copy_in_kernel(range, cancel);
  if (mechanism == FileCopyMechanism::reflink) outcome.sharing_code = sharing_code;
  return outcome;
}

FileCopyOutcome copy_ranges_between_files(std::span<const FileRange> ranges, FileCopyMechanism mechanism,
                                          FileCopyAllowed allowed, const CancelToken* cancel) {
  FileCopyOutcome all;
  for (const FileRange& range : ranges) {
    if (cancel != nullptr && cancel->requested()) break;
    const FileCopyOutcome one = copy_between_files(range, mechanism, allowed, cancel);
    all.bytes_copied += one.bytes_copied;
    all.bytes_by_kernel += one.bytes_by_kernel;
    all.code = one.code;
    all.unsupported = one.unsupported;
    if (one.sharing_code != 0) all.sharing_code = one.sharing_code;
    if (one.code != 0 || one.bytes_copied < range.length_bytes) break;
  }
  return all;
}

FileCopyMechanism probe_file_copy(int fd) {
  constexpr std::uint64_t probe_bytes = 4096;
  // A file cannot share a range with the same range of itself. A file system that can share answers EINVAL to that,
  // another one EOPNOTSUPP (ioctl_ficlonerange(2)).
  const bool shares = reflink(FileRange{fd, 0, fd, 0, probe_bytes}) == EINVAL;
  if (shares) return FileCopyMechanism::reflink;
  off_t from = 0;
  off_t to = 0;
  const bool copies = copy_file_range(fd, &from, fd, &to, 0, 0) == 0 || errno == EBADF;
  return copies ? FileCopyMechanism::copy_file_range : FileCopyMechanism::none;
}

bool on_one_file_system(int one_fd, int other_fd) {
  struct stat one {};
  struct stat other {};
  if (fstat(one_fd, &one) != 0 || fstat(other_fd, &other) != 0) return false;
  if (one.st_dev == other.st_dev) return true;
  struct statfs kind {};
  struct statfs other_kind {};
  return fstatfs(one_fd, &kind) == 0 && fstatfs(other_fd, &other_kind) == 0 && kind.f_type == BTRFS_SUPER_MAGIC &&
         other_kind.f_type == BTRFS_SUPER_MAGIC;
}

}  // namespace zonecopy
