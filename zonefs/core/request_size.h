// How much the kernel asks for, or gives, in one FUSE request.
#pragma once

#include <cstddef>

namespace zonecopy::zonefs {

/// 256 pages (FUSE_MAX_MAX_PAGES of libfuse). What is longer comes in several requests.
inline constexpr std::size_t request_data_max_bytes = std::size_t{256} * 4096;

}  // namespace zonecopy::zonefs
