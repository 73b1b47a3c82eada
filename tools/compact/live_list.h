// Reads a list of live extents. Pure.
//
//     seq/12 8192 64K                                       one extent a line: zone file, offset, length
//     {"file": "seq/12", "offset": 8192, "length": 65536}   or a JSON object a line, or one JSON array of them
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/compact/zone_files.h"
#include "zonecopy/result.h"

namespace zonecopy::compact {

struct LiveExtent {
  ZoneNumber zone = 0;
  std::uint64_t offset_bytes = 0;
  std::uint64_t length_bytes = 0;  ///< 0: only names the zone
  std::size_t line = 0;            ///< where it stands, from 1; in an array, which one it is
};

struct LiveList {
  std::vector<LiveExtent> extents;  ///< in the order of the list
  bool array = false;               ///< a JSON array, which has elements instead of lines
  std::string name;                 ///< for errors

  /// "line 3", "element 3".
  [[nodiscard]] std::string place(std::size_t line) const;
  /// EINVAL, for an extent that cannot be.
  [[nodiscard]] Error make_error(std::size_t line, const std::string& detail) const;
};

/// Zone files are named relative to the mount point or by a path below one of `mount_points`, which are names of the
/// same folder. `name` is the list's, for errors. EINVAL; the detail says which line is wrong.
Result<LiveList> parse_live_list(std::string_view text, const std::string& name,
                                 std::span<const std::string> mount_points);

/// The number of a zone file as lists and options name it. EINVAL for what cannot be one; the detail says why.
Result<ZoneNumber> parse_zone_name(std::string_view name, std::span<const std::string> mount_points);

}  // namespace zonecopy::compact
