// Whether a block device may be written: the kernel tells it of a device (BLKROGET), and lets it be opened all the same.
#pragma once

#include <string>

#include "zonecopy/result.h"

namespace zonecopy {

/// `fd` is any descriptor of a block device. False for what is none.
[[nodiscard]] bool is_write_protected(int fd);

/// EROFS, for who needs to write, with a detail that tells what else can be done.
[[nodiscard]] Error write_protected_error(const std::string& path);

}  // namespace zonecopy
