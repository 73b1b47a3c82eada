// Opens an NVMe namespace: its two device nodes, and what Identify tells. Everything here runs once, when the device is
// opened, and blocks (ioctl(2)).
#pragma once

#include <cstdint>
#include <string>

#include "src/device/namespace/namespace_facts.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"

namespace zonecopy::nvme {

struct NamespaceNodes {
  std::string block_path;      ///< /dev/nvmeXnY: held open exclusively, so that nobody else mounts it
  std::string character_path;  ///< /dev/ngXnY: takes the passthrough commands
};

/// Both nodes, from the path of either. EINVAL for a path that is no namespace (a partition, a controller).
Result<NamespaceNodes> nodes_of(const std::string& path);

/// A namespace that is held open.
struct HeldNamespace {
  NamespaceNodes nodes;
  FileDescriptor block;
  FileDescriptor character;
  bool write_protected = false;
  bool read_only = false;  ///< nothing will be written, as far as is known
};

struct OpenNamespace {
  HeldNamespace held;
  NamespaceFacts facts;  ///< of multipath, what the controller said that answered
};

/// How a namespace is opened.
enum class NamespaceClaim : std::uint8_t {
  none,           ///< it can only be inspected
  exclusive,      ///< nobody else mounts it
  of_the_holder,  ///< a device mapper's device that is held exclusively lies on it, and has the claim
};

/// EBUSY: it is mounted or held by another program. EACCES: no privilege. EOPNOTSUPP: the namespace is not zoned, or
/// has a format that this program does not support. The detail says what would be right. EROFS: it is
/// write-protected, and not to be used with `read_only`.
Result<OpenNamespace> open_namespace(const std::string& path, NamespaceClaim claim, bool read_only);

}  // namespace zonecopy::nvme
