// The requests of zonecopyfs (zonecopy/ioctl.h), asked of an open file.
#pragma once

#include <optional>

#include "zonecopy/ioctl.h"

namespace zonecopy::gather {

/// The facts about a zone file of zonecopyfs; nothing where `fd` is open on anything else.
[[nodiscard]] std::optional<zonecopy_file_info> ask_file_info(int fd);
/// What the mount of a zone file of zonecopyfs can do; nothing where it does not know the request.
[[nodiscard]] std::optional<zonecopy_limits> ask_limits(int fd);
/// ZONECOPY_IOC_GATHER: 0, or the errno. The answer is in `request`.
int send_gather(int fd, zonecopy_gather_request& request);

}  // namespace zonecopy::gather
