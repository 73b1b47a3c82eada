#include "src/device/exclusive_claim.h"

#include <fcntl.h>

#include "src/device/write_protection.h"

namespace zonecopy {
namespace {

/// Why a device cannot be opened, from errno.
Error access_error(const std::string& path, bool read_only) {
  const int code = errno;
  std::string detail;
  if (code == EBUSY) {
    detail = "it is mounted, or another program holds it";
  } else {
    const FileDescriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!read_only && file && is_write_protected(file.get())) return write_protected_error(path);
    if (code == EACCES) detail = "only root may use the device";
  }
  Error error(code, "open", std::move(detail));
  return error.on_device(path);
}

}  // namespace

Result<ExclusiveClaim> claim_block_device(const std::string& path, bool read_only) {
  ExclusiveClaim claim;
  claim.file = FileDescriptor(open(path.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
  // Drivers of disks refuse to open what is write-protected for writing, others leave it to each write.
  if (!claim.file && read_only && (errno == EACCES || errno == EROFS)) {
    claim.file = FileDescriptor(open(path.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC));
    claim.write_protected = true;
  }
  if (!claim.file) return access_error(path, read_only);
  claim.write_protected |= is_write_protected(claim.file.get());
  if (claim.write_protected && !read_only) return write_protected_error(path);
  return claim;
}

}  // namespace zonecopy
