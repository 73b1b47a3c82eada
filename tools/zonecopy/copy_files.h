// The files and zones of one `zonecopy copy`: each is opened once, however often it is named.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "tools/zonecopy/copy_operand.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/gather.h"

namespace zonecopy::tools {

/// An open file or zone, and what was known of it then.
struct CopyFile {
  std::shared_ptr<GatherFile> file;
  GatherFileFacts facts;
  std::optional<std::uint64_t> mount;  ///< the mount's device number; none for a zone of a device or image

  /// A zone, of a mount or not: it has a capacity. Other files grow as long as there is space.
  [[nodiscard]] bool is_zone() const;
  [[nodiscard]] bool is_full() const { return facts.sequential && facts.size_bytes >= facts.capacity_bytes; }
};

class CopyFiles {
 public:
  using Access = Gatherer::Access;

  /// `gatherer` must outlive it. Lets the process open as many files as it may.
  explicit CopyFiles(Gatherer& gatherer);

  /// Errors of Gatherer. What no copy can be made of (a device or image without a zone, a directory, a pipe) is refused
  /// before it is opened, which would have effects; the detail says what to name instead. EBUSY for an ordinary file
  /// that another copy is writing to: it is locked (flock) as long as this is.
  Result<const CopyFile*> open_source(const CopyPlace& place);  ///< valid as long as this is
  Result<CopyFile> open(const CopyPlace& place, Access access);
  /// As parse_source() asks. Paths of sources are known to exist.
  [[nodiscard]] bool exists(const std::string& path) const;

 private:
  /// Locks a destination that is no zone. Zones have their write pointer, which refuses who comes second.
  Status lock(const CopyPlace& place);

  Gatherer& gatherer_;
  std::unordered_map<std::string, CopyFile> sources_;  ///< by text
  std::map<std::pair<dev_t, ino_t>, FileDescriptor> locks_;
};

}  // namespace zonecopy::tools
