// Reads and writes of a file descriptor that go on until all is done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "zonecopy/event_loop.h"
#include "zonecopy/task.h"

namespace zonecopy {

/// 0 or an errno; EIO where the file ends before all is read.
Task<int> read_all(EventLoop& loop, int fd, std::span<std::byte> data, std::uint64_t offset_bytes);
/// 0 or an errno. How much of a failed write is in the file is not known.
Task<int> write_all(EventLoop& loop, int fd, std::span<const std::byte> data, std::uint64_t offset_bytes);

}  // namespace zonecopy
