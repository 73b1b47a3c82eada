#include "zonefs/fuse/repeated_read.h"

#include "zonefs/core/caller.h"
#include "zonefs/core/request_size.h"

namespace zonecopy::zonefs {
namespace {

// The shortest piece of a divided read: the caller's memory may begin inside the first of its pages.
constexpr std::uint64_t split_min_bytes = request_data_max_bytes - 4096;

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
  // The caller may have asked for more than one request can carry.
  const std::uint64_t most_bytes =
      missing.asked_bytes > split_min_bytes ? request_data_max_bytes : missing.length_bytes;
  const bool continues =
      offset_bytes == missing.offset_bytes && length_bytes >= missing.length_bytes && length_bytes <= most_bytes;
  return continues && waits_in_io_uring(pid);
}

}  // namespace zonecopy::zonefs
