// Requests that the kernel knows and libfuse does not.
#pragma once

#include <cstddef>
#include <span>

namespace zonecopy::zonefs {

/// Makes of such a request, as it was read, one that libfuse knows and that means the same. Others stay as they are.
///
/// Linux 6.18 asks for copies by FUSE_COPY_FILE_RANGE_64 first. libfuse would answer ENOSYS, upon which the kernel goes on
/// with FUSE_COPY_FILE_RANGE. But where several threads get that answer at once, it takes the second for the answer to
/// this one, and from then on copies by itself, by reads and writes, as long as the mount is there.
void make_known(std::span<std::byte> request);

}  // namespace zonecopy::zonefs
