#include "tools/zonecopy/copy_range.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "tools/zonecopy/interrupt.h"

namespace zonecopy::tools {
namespace {

// Length of one call. It is small, so that progress is shown and Ctrl-C works soon, but far above the limits of one
// Copy command.
constexpr std::uint64_t call_bytes = 64U << 20;

std::string advice(int code, const CopyFile& source, const CopyFile& destination) {
  const bool one_mount = source.same_mount_as(destination);
  switch (code) {
    case EINVAL:
      return fmt::format("a sequential zone is written in whole blocks at its write pointer; {} has blocks of {} bytes",
                         destination.path(), destination.block_size_bytes());
    case EXDEV: return "this kernel does not copy between two mounts; dd(1) with oflag=direct does";
    case EFBIG: return "the zone is full";
    case EIO:
      if (!one_mount) {
        return "the kernel copies between mounts by buffered writes, which a mount with strict refuses; dd(1) with "
               "oflag=direct does without, and the system log tells errors of the device";
      }
      return "the device failed; zonecopy status and the system log say more";
    default: return {};
  }
}

}  // namespace

CopyRangeOutcome copy_range(const CopyFile& source, const CopyFile& destination, const CopyRangeRequest& request,
                            const std::function<void(std::uint64_t bytes)>& progress) {
  CopyRangeOutcome outcome;
  auto source_offset = static_cast<off64_t>(request.source_offset_bytes);
  auto destination_offset = static_cast<off64_t>(request.destination_offset_bytes);
  while (outcome.bytes < request.length_bytes && !interrupted()) {
    const std::uint64_t length = std::min(request.length_bytes - outcome.bytes, call_bytes);
    const ssize_t count =
        copy_file_range(source.fd(), &source_offset, destination.fd(), &destination_offset, length, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int code = errno;
      outcome.error = Error(code, "copy", advice(code, source, destination)).on_device(destination.path());
      return outcome;
    }
    if (count == 0) {
      outcome.error = Error(EIO, "copy", "the source has become shorter").on_device(source.path());
      return outcome;
    }
    outcome.bytes += static_cast<std::uint64_t>(count);
    progress(outcome.bytes);
  }
  return outcome;
}

}  // namespace zonecopy::tools
