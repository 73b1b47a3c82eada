#include "src/gather/what_landed.h"

#include <algorithm>
#include <cerrno>

namespace zonecopy::gather {

bool may_have_written(int code) { return code == EIO || code == ENOSPC || code == EDQUOT || code == ENOMEM; }

std::size_t common_bytes(std::span<const std::byte> there, std::span<const std::byte> wanted) {
  const std::size_t length = std::min(there.size(), wanted.size());
  const auto differs =
      std::mismatch(there.begin(), there.begin() + static_cast<std::ptrdiff_t>(length), wanted.begin());
  return static_cast<std::size_t>(differs.first - there.begin());
}

}  // namespace zonecopy::gather
