// Asks a mount about an open zone file (include/zonecopy/ioctl.h).
#pragma once

#include <optional>

#include "zonecopy/ioctl.h"

namespace zonecopy::supervise {

/// The facts about what `fd` is open on; nothing where that is no zone file of a zonecopyfs mount. The texts end with 0.
[[nodiscard]] std::optional<zonecopy_file_info> ask_zone_file(int fd);

}  // namespace zonecopy::supervise
