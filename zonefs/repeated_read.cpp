#include "repeated_read.h"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <fstream>
#include <string>

#include "request_size.h"

namespace zonecopy::zonefs {
namespace {

// Of the pages that a split read is for the first may be used in part.
constexpr std::uint64_t split_min_bytes = request_data_max_bytes - 4096;

std::string line_of(std::int32_t pid, const char* file) {
  std::ifstream stream(fmt::format("/proc/{}/{}", pid, file));
  std::string line;
  std::getline(stream, line);
  return line;
}

/// Whether a thread that waits for an answer came by io_uring: in its system call, or as one of the threads that the
/// kernel has for it, which it names so (proc_pid_syscall(5), proc_pid_comm(5)).
bool waits_in_io_uring(std::int32_t pid) {
  return line_of(pid, "syscall").starts_with(fmt::format("{} ", SYS_io_uring_enter)) ||
         line_of(pid, "comm").starts_with("iou-");
}

}  // namespace

void RepeatedReads::note(std::int32_t pid, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                         std::uint64_t done_bytes) {
  const bool came_to_the_end = done_bytes > 0 && done_bytes < length_bytes;
  if (came_to_the_end) {
    missing_[pid] = Missing{offset_bytes, length_bytes - done_bytes, length_bytes};
  } else {
    missing_.erase(pid);
  }
}

bool RepeatedReads::contains(std::int32_t pid, std::uint64_t offset_bytes, std::uint64_t length_bytes) const {
  const auto found = missing_.find(pid);
  if (found == missing_.end()) return false;
  const Missing& missing = found->second;
  // More may have been asked for than one request can ask us for.
  const std::uint64_t most_bytes =
      missing.asked_bytes > split_min_bytes ? request_data_max_bytes : missing.length_bytes;
  const bool continues =
      offset_bytes == missing.offset_bytes && length_bytes >= missing.length_bytes && length_bytes <= most_bytes;
  return continues && waits_in_io_uring(pid);
}

}  // namespace zonecopy::zonefs
