// Which zone of the destination gets the data of which zone of the source, and whether that can be. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/clone/zones.h"
#include "zonecopy/result.h"

namespace zonecopy::cloning {

struct PlanRules {
  /// Zones may have other sizes and numbers at the destination: the first sequential zone goes to the first sequential
  /// one, and so on. Not for what knows its data by LBA, as other file systems than zonefs do.
  bool by_order = false;
  /// Zone 0 of both sides holds the super block of zonefs, which is not copied as other zones are.
  bool zone_0_apart = false;
  /// The conventional zones are one file, whose parts would no longer be where they were in zones of another size.
  bool conventional_together = false;
  bool skip_bad = false;  ///< leave out source zones that cannot be read
};

struct SkippedZone {
  std::size_t source = 0;                  ///< in Side::zones
  std::optional<std::size_t> destination;  ///< where it would go; an earlier clone may have brought something there
  std::string reason;
};

struct ClonePlan {
  std::vector<ZoneTask> tasks;  ///< in the order of the source; also of empty zones
  std::vector<SkippedZone> skipped;
  bool same_geometry = true;      ///< each zone goes to the one of its number, of the same size
  std::uint32_t partly_full = 0;  ///< zones that stay active
};

/// EINVAL: the sides do not fit together. EFBIG: data does not fit. EIO, EROFS: a zone cannot be read, or written. The
/// errors say what to do.
Result<ClonePlan> make_plan(const Side& source, const Side& destination, const PlanRules& rules);

/// How many zones may be copied at once, 1 at least: as many as was `wanted` (0: what is sensible), within the limits of
/// the destination. EINVAL where more was wanted than it allows.
Result<std::uint32_t> choose_jobs(const Side& destination, std::uint32_t wanted);

}  // namespace zonecopy::cloning
