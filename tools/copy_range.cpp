#include "copy_range.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "interrupt.h"

namespace zonecopy::tools {
namespace {

// Of one call: small enough for a progress line to move and Ctrl-C to be felt, far above what one Copy command takes.
constexpr std::uint64_t call_bytes = 64U << 20;

std::string advice(int code, const CopyFile& destination) {
  switch (code) {
    case EINVAL:
      return fmt::format("a sequential zone is written in whole blocks at its write pointer; {} has blocks of {} bytes",
                         destination.path(), destination.block_size_bytes());
    case EXDEV: return "both files have to be in the same mount";
    case EFBIG: return "the zone is full";
    case EIO:
      return "the device failed, or copy=offload forbade to emulate; zonecopy status and the system log say more";
    default: return {};
  }
}

}  // namespace

Result<CopyFile> CopyFile::open(const std::string& path, Access access) {
  CopyFile file(::open(path.c_str(), (access == Access::read ? O_RDONLY : O_WRONLY) | O_CLOEXEC), path);
  struct stat facts {};
  if (file.fd_ < 0 || fstat(file.fd_, &facts) != 0) return Error(errno, "open").on_device(path);
  if (!S_ISREG(facts.st_mode)) return Error(EINVAL, "open", "this is no zone file").on_device(path);
  file.size_bytes_ = static_cast<std::uint64_t>(facts.st_size);
  file.capacity_bytes_ = static_cast<std::uint64_t>(facts.st_blocks) * 512;
  file.block_size_bytes_ = static_cast<std::uint64_t>(facts.st_blksize);
  file.device_number_ = facts.st_dev;
  return file;
}

CopyFile::CopyFile(CopyFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      size_bytes_(other.size_bytes_),
      capacity_bytes_(other.capacity_bytes_),
      block_size_bytes_(other.block_size_bytes_),
      device_number_(other.device_number_) {}

CopyFile::~CopyFile() {
  if (fd_ >= 0) close(fd_);
}

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
      outcome.error = Error(code, "copy", advice(code, destination)).on_device(destination.path());
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
