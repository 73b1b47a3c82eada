// What a failed write has left in its destination. Pure.
#pragma once

#include <cstddef>
#include <span>

namespace zonecopy::gather {

/// Whether a write that failed with this errno may have written a part: the device failed in its midst, or had no room.
/// What refuses a write (EINVAL, EFBIG, EXDEV) writes nothing, and bytes that are there then are somebody else's.
[[nodiscard]] bool may_have_written(int code);

/// How many bytes both have in common, from the first one on. That a zone has become longer does not say who wrote to
/// it: only what is the same as the source counts as copied.
[[nodiscard]] std::size_t common_bytes(std::span<const std::byte> there, std::span<const std::byte> wanted);

}  // namespace zonecopy::gather
