// Files with keys in them.
#pragma once

#include <cstddef>
#include <string>

#include "src/base/secret.h"
#include "zonecopy/result.h"

namespace zonecopy {

/// No file with keys is longer.
inline constexpr std::size_t private_file_max_bytes = 65536;

/// All bytes of the file `path`. It must be a regular file that belongs to root or to who runs this program, and that
/// nobody else may read, or change: EACCES otherwise, as ssh(1) refuses such keys, since a key that others had a look at
/// keeps nobody out. The group may read what belongs to root: that is how services are given keys. EFBIG: too long.
/// Blocks.
[[nodiscard]] Result<Secret> read_private_file(const std::string& path);

}  // namespace zonecopy
