// The facts that an error carries beyond its errno. Programs decide by these values, never by the error's text. Pure.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string_view>

#pragma GCC visibility push(default)

namespace zonecopy {

/// Why a zone refuses a command. The names are those of the ZNS status codes (NVMe ZNS 1.1, 3.3 and 4.1.1).
enum class ZoneRefusal : std::uint8_t {
  boundary,  ///< the write would run past the zone capacity
  full,
  read_only,
  offline,
  invalid_write,  ///< the write does not start at the write pointer
  too_many_open,
  too_many_active,
  invalid_transition,  ///< the condition does not allow the command
};

struct RefusalMeaning {
  std::string_view words;
  int error = EIO;        ///< errno
  bool shortage = false;  ///< nothing is wrong with the zone: the device has no open or active zone left for it now
};

/// The one table of what refusals mean. (Linux reports BLK_STS_ZONE_OPEN_RESOURCE as ETOOMANYREFS and
/// BLK_STS_ZONE_ACTIVE_RESOURCE as EOVERFLOW.)
[[nodiscard]] constexpr RefusalMeaning meaning_of(ZoneRefusal refusal) {
  switch (refusal) {
    case ZoneRefusal::boundary: return {"past the capacity of the zone", EFBIG};
    case ZoneRefusal::full: return {"the zone is full", EFBIG};
    case ZoneRefusal::read_only: return {"the zone is read-only", EROFS};
    case ZoneRefusal::offline: return {"the zone is offline", EIO};
    case ZoneRefusal::invalid_write: return {"not at the write pointer of the zone", EIO};
    case ZoneRefusal::too_many_open: return {"too many open zones", ETOOMANYREFS, true};
    case ZoneRefusal::too_many_active: return {"too many active zones", EOVERFLOW, true};
    case ZoneRefusal::invalid_transition: return {"not possible in this condition of the zone", EINVAL};
  }
  return {"unknown"};
}
[[nodiscard]] constexpr std::string_view to_string(ZoneRefusal refusal) { return meaning_of(refusal).words; }
[[nodiscard]] constexpr int to_errno(ZoneRefusal refusal) { return meaning_of(refusal).error; }
[[nodiscard]] constexpr bool is_shortage(ZoneRefusal refusal) { return meaning_of(refusal).shortage; }

/// Which side of a copy failed.
enum class CopySide : std::uint8_t {
  source,       ///< the source cannot be read; the destination is as the copy reported it
  destination,  ///< the destination was not written, or its write pointer is not where the copy should have left it
};

}  // namespace zonecopy

#pragma GCC visibility pop
