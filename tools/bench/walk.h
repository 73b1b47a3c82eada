// The copies of one job, one after the other: where each of their ranges comes from, and where they go. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/bench/plan.h"

namespace zonecopy::benching {

/// In one of the zones of a job.
struct JobPlace {
  std::size_t zone = 0;  ///< its number among the job's sources, or among its destinations
  std::uint64_t offset_bytes = 0;
  friend bool operator==(const JobPlace&, const JobPlace&) = default;
};

struct Step {
  JobPlace destination;
  std::vector<JobPlace> sources;  ///< of Shape::block_bytes each
};

/// Neither a range nor a copy crosses a zone's end. In order, range r of copy number n is the n-th of the r-th part of
/// the sources, the last part first: what follows in a copy does not follow in a zone, so that the ranges stay as many as
/// they are where live data is gathered, and are not joined.
class Walk {
 public:
  /// `plan` must outlive it. `why_not_measured()` must be empty.
  Walk(const Plan& plan, const Shape& shape, const Load& load, std::size_t job);
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] Step step(std::uint64_t number) const;

 private:
  [[nodiscard]] std::uint64_t source_number(std::uint64_t step, std::uint32_t range) const;

  Shape shape_;
  bool random_;
  std::uint64_t seed_;
  std::uint64_t steps_ = 0;
  std::uint64_t steps_a_zone_;
  std::uint64_t sources_ = 0;  ///< ranges that the sources hold
  std::uint64_t sources_a_zone_;
};

/// Spreads `number` over all 64 bits.
[[nodiscard]] std::uint64_t mix(std::uint64_t number);

}  // namespace zonecopy::benching
