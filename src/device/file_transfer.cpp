#include "src/device/file_transfer.h"

#include <cerrno>

namespace zonecopy {
namespace {

bool try_again(std::int32_t result) { return result == -EINTR || result == -EAGAIN; }

/// Neither a read nor a write of something may end with nothing.
int failure_of(std::int32_t result) { return result < 0 ? -result : EIO; }

}  // namespace

Task<int> read_all(EventLoop& loop, int fd, std::span<std::byte> data, std::uint64_t offset_bytes) {
  while (!data.empty()) {
    const std::int32_t result = co_await loop.read(fd, data, offset_bytes);
    if (try_again(result)) continue;
    if (result <= 0) co_return failure_of(result);
    data = data.subspan(static_cast<std::size_t>(result));
    offset_bytes += static_cast<std::uint64_t>(result);
  }
  co_return 0;
}

Task<int> write_all(EventLoop& loop, int fd, std::span<const std::byte> data, std::uint64_t offset_bytes) {
  while (!data.empty()) {
    const std::int32_t result = co_await loop.write(fd, data, offset_bytes);
    if (try_again(result)) continue;
    if (result <= 0) co_return failure_of(result);
    data = data.subspan(static_cast<std::size_t>(result));
    offset_bytes += static_cast<std::uint64_t>(result);
  }
  co_return 0;
}

}  // namespace zonecopy
