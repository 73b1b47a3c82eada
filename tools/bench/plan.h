// Which zones each job of a benchmark copies from and to, and how much. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/bench/load.h"
#include "zonecopy/zone.h"

namespace zonecopy::benching {

/// A sequential zone that may be used: that is empty, or that may be reset.
struct UsableZone {
  std::size_t place = 0;  ///< among the zones of the device or folder
  std::uint64_t capacity_bytes = 0;
};

/// What there is to plan with.
struct Supply {
  std::vector<UsableZone> zones;  ///< in the order in which they are to be taken
  std::uint64_t block_size_bytes = 0;
  ResourceLimits limits;
  std::uint32_t active_by_others = 0;  ///< zones that hold data, are not full, and stay as they are
};

/// The zones of one job, by their UsableZone::place. It fills its sources before anything is measured.
struct JobZones {
  std::vector<std::size_t> sources;
  std::vector<std::size_t> destinations;  ///< as many
};

struct Plan {
  std::vector<JobZones> jobs;
  std::uint64_t job_bytes = 0;     ///< that the sources of a job hold
  std::uint64_t zone_bytes = 0;    ///< that all of the zones take
  bool finish_zones = false;       ///< active zones are counted: those that are left in part are to be finished
  std::vector<std::string> notes;  ///< what is less than was asked for, and why: a sentence each

  /// How much the zone with this number of a job's sources holds, or of its destinations takes.
  [[nodiscard]] std::uint64_t zone_fill_bytes(std::size_t number) const;
  /// Whether a destination has to be finished before copies of this shape go on with the next one.
  [[nodiscard]] bool finishes_destinations(const Shape& shape) const;
};

/// Gives jobs zones of their own. Where there is too little room each job copies less, and then there are fewer jobs.
/// ENOSPC: there are no two zones. EBUSY: no zone may be opened. The detail is for a person.
Result<Plan> make_plan(const Supply& supply, const Load& load);

/// Why copies of this shape cannot be measured; empty if they can.
[[nodiscard]] std::string why_not_measured(const Plan& plan, const Shape& shape, std::uint64_t block_size_bytes);

}  // namespace zonecopy::benching
