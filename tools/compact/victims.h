// Which zones a live list lets be emptied. Pure.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tools/compact/live_list.h"
#include "tools/compact/zone_files.h"
#include "zonecopy/result.h"

namespace zonecopy::compact {

struct Extent {
  std::uint64_t offset_bytes = 0;
  std::uint64_t length_bytes = 0;
};

struct Victim {
  ZoneNumber zone = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t capacity_bytes = 0;
  std::uint64_t live_bytes = 0;
  std::vector<Extent> extents;  ///< by offset; none is empty
};

/// A zone that was named, but is no victim.
struct LeftAlone {
  ZoneNumber zone = 0;
  std::string reason;
};

struct Victims {
  std::vector<Victim> victims;  ///< by number
  std::vector<LeftAlone> left_alone;
  std::set<ZoneNumber> named;  ///< all that the list or --victim names
};

/// Victims are the zones that `list` or `chosen` names and in which there is garbage. EINVAL where the list does not
/// fit the zones: a file that is not there, an extent beyond the data or not of whole blocks, two that overlap; EPERM
/// for a chosen zone that cannot be reset.
Result<Victims> find_victims(const LiveList& list, const std::set<ZoneNumber>& chosen, const ZoneFiles& zones);

}  // namespace zonecopy::compact
