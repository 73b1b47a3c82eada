// An NVMe namespace as Linux shows it: the two nodes of it, and what Identify says. Everything here happens once, when
// the device is opened, by ioctl(2).
#pragma once

#include <cstdint>
#include <string>

#include "src/nvme/target.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"
#include "zonecopy/zone.h"

namespace zonecopy::nvme {

struct NamespaceNodes {
  std::string block_path;      ///< /dev/nvmeXnY: held open exclusively, so that nobody else mounts it
  std::string character_path;  ///< /dev/ngXnY: takes the commands
};

/// Both nodes from either. EINVAL for a path that is no namespace (a partition, a controller).
Result<NamespaceNodes> nodes_of(const std::string& path);

struct OpenNamespace {
  NamespaceNodes nodes;
  FileDescriptor block;
  FileDescriptor character;
  Target target;
  bool volatile_write_cache = false;
  DeviceInfo info;
};

/// EBUSY while mounted or held, EACCES without the privilege, EOPNOTSUPP for a namespace that is not zoned or that this
/// program cannot drive; the detail says what would be right. Without `exclusive` it can be looked at only.
Result<OpenNamespace> open_namespace(const std::string& path, bool exclusive);

}  // namespace zonecopy::nvme
