// Opens a file of a mount for a gather.
#pragma once

#include <memory>
#include <string>

#include "src/gather/mount_file.h"

namespace zonecopy::gather {

/// Errors of open(2), and EINVAL for what is no file of a mount. The detail says what to do.
Result<std::shared_ptr<MountFile>> open_path(const std::string& path, Gatherer::Access access);

/// The file that `descriptor` is open on. EBADF.
Result<std::shared_ptr<MountFile>> open_duplicate(int descriptor);

}  // namespace zonecopy::gather
