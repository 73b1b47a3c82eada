// The controllers behind a namespace: which they are, and how admin commands reach them. Everything here blocks.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/nvme/command.h"
#include "zonecopy/result.h"

namespace zonecopy::nvme {

/// Sends an admin command and waits for it. The result is like cqe->res: 0, a negative errno, or an NVMe status. Any
/// thread, one at a time.
using AdminQueue = std::function<std::int32_t(const Command&)>;

/// By ioctl(2) on the node of a controller or a namespace.
std::int32_t send_admin(int fd, const Command& command);
/// Opens `path`, the node of a controller (/dev/nvme0), with the first command, and keeps it open.
AdminQueue admin_queue_of(std::string path);

/// The names ("nvme0") of the controllers that the kernel may give the commands of a namespace to, sorted. There are
/// several where it makes one device of several paths to a namespace (nvme_core.multipath). `node` is the number of the
/// namespace's character device. An error where sysfs does not tell; no names where all paths are gone.
Result<std::vector<std::string>> controllers_of(dev_t node, std::uint32_t nsid, const std::string& sysfs = "/sys");

}  // namespace zonecopy::nvme
