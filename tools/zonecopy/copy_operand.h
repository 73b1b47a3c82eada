// How sources and destinations of `zonecopy copy` are written: PATH, or PATH#ZONE for a zone of a device or image that
// is not mounted; behind a source, :OFFSET+LENGTH names a range of it. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "zonecopy/result.h"
#include "zonecopy/zone.h"

namespace zonecopy::tools {

struct CopyPlace {
  std::string path;
  std::optional<ZoneIndex> zone;  ///< then `path` is a device or image

  /// As it is written: "disk.img#12".
  [[nodiscard]] std::string text() const;
  friend bool operator==(const CopyPlace&, const CopyPlace&) = default;
};

struct CopyOperand {
  CopyPlace place;
  std::optional<std::uint64_t> offset_bytes;
  std::optional<std::uint64_t> length_bytes;  ///< none: to the end
  friend bool operator==(const CopyOperand&, const CopyOperand&) = default;
};

/// Whether there is anything of that name, be it reachable or not.
using Exists = std::function<bool(const std::string& path)>;

/// PATH[#ZONE][:OFFSET[+[LENGTH]]]. A path that exists as it stands is one, whatever characters are in it; behind the
/// last ':' of any other is a range. A path that does not exist is no error here. EINVAL: what stands behind a path that
/// does exist is no range, or no zone number.
Result<CopyOperand> parse_source(std::string_view text, const Exists& exists);
/// PATH[#ZONE], under the same rule. EINVAL also for a range, which a destination does not have.
Result<CopyPlace> parse_destination(std::string_view text, const Exists& exists);

}  // namespace zonecopy::tools
