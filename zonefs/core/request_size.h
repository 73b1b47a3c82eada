// The largest data of one FUSE request.
#pragma once

#include <cstddef>

namespace zonecopy::zonefs {

/// 256 pages (FUSE_MAX_MAX_PAGES of libfuse). The kernel divides longer calls into several requests.
inline constexpr std::size_t request_data_max_bytes = std::size_t{256} * 4096;

}  // namespace zonecopy::zonefs
