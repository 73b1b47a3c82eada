#include "tools/zonecopy/checksum.h"

#include <fmt/format.h>

#include <algorithm>

// The header holds all of the hash, so that nothing is linked.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace zonecopy::tools {
namespace {

constexpr std::size_t buffer_bytes = 1U << 20;

Error make_error(const GatherFile& file, int code, std::string detail) {
  return Error(code, "verify", std::move(detail)).on_device(file.name());
}

}  // namespace

RangeHasher::RangeHasher(const std::atomic<bool>* stop, std::function<void(std::uint64_t bytes)> progress)
    : stop_(stop), progress_(std::move(progress)), buffer_(buffer_bytes) {}

Result<std::uint64_t> RangeHasher::hash(GatherFile& file, std::uint64_t offset_bytes, std::uint64_t length_bytes) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  std::uint64_t done_bytes = 0;
  while (done_bytes < length_bytes) {
    if (stop_ != nullptr && stop_->load()) return make_error(file, EINTR, {});
    const std::uint64_t want_bytes = std::min<std::uint64_t>(buffer_.size(), length_bytes - done_bytes);
    const Result<std::size_t> count = file.read(offset_bytes + done_bytes, buffer_.first(want_bytes));
    if (!count) return count.error();
    if (*count == 0) {
      return make_error(file, EIO,
                        fmt::format("it ends at {}, before the range of {} bytes from {} on does",
                                    offset_bytes + done_bytes, length_bytes, offset_bytes));
    }
    XXH3_64bits_update(&state, buffer_.data(), *count);
    done_bytes += *count;
    if (progress_) progress_(*count);
  }
  return XXH3_64bits_digest(&state);
}

}  // namespace zonecopy::tools
