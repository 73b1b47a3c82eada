// The sequential zone files of a mount, as a compaction sees them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "zonecopy/result.h"

namespace zonecopy::compact {

/// N of the zone file seq/N.
using ZoneNumber = std::uint32_t;

struct ZoneFile {
  std::uint64_t size_bytes = 0;  ///< where the data ends: the write pointer
  std::uint64_t capacity_bytes = 0;
  bool readable = true;  ///< not offline
  bool writable = true;  ///< neither offline nor read-only
};

struct ZoneFiles {
  std::uint64_t block_size_bytes = 0;
  std::map<ZoneNumber, ZoneFile> files;
};

/// "seq/12".
[[nodiscard]] std::string name_of(ZoneNumber zone);

/// Looks at all sequential zone files of the mount whose root is `mount_point`.
Result<ZoneFiles> read_zone_files(const std::string& mount_point);

/// EACCES where the caller may not read and write the zone file: its mode bits, as access(2) looks at them.
Status check_access(const std::string& mount_point, ZoneNumber zone);

}  // namespace zonecopy::compact
