// Cuts the ranges of a gather into steps: what is copied between two looks at the clock and at the stop flag. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace zonecopy::gather {

/// A range as the cutter sees it. Ranges of different groups are never in one step.
struct RangePlace {
  std::uint64_t offset_bytes = 0;  ///< in its file
  std::uint64_t length_bytes = 0;
  std::size_t group = 0;
};

/// A range, or a part of one.
struct Part {
  std::size_t range = 0;           ///< its number
  std::uint64_t offset_bytes = 0;  ///< in the range's file
  std::uint64_t length_bytes = 0;  ///< not 0
  friend bool operator==(const Part&, const Part&) = default;
};

struct Step {
  std::size_t group = 0;
  std::uint64_t position_bytes = 0;  ///< from the first range's start on
  std::uint64_t bytes = 0;           ///< the sum of the parts
  std::vector<Part> parts;
};

struct StepLimits {
  std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();  ///< at least a unit
  std::size_t parts = std::numeric_limits<std::size_t>::max();      ///< at least 1
  /// A step that `bytes` ends does so at a multiple of this in the destination: a block that is cut in two cannot be
  /// offloaded, and some destinations take whole ones only.
  std::uint64_t unit_bytes = 1;
};

class StepCutter {
 public:
  /// `destination_offset_bytes`: where the first range goes.
  StepCutter(std::vector<RangePlace> ranges, std::uint64_t destination_offset_bytes);

  [[nodiscard]] bool empty() const { return next_ == ranges_.size(); }
  /// The group of the next step. Not if empty().
  [[nodiscard]] std::size_t group() const { return ranges_[next_].group; }
  /// The next step, as long as `limits` allow. Not if empty().
  Step next(const StepLimits& limits);

 private:
  void skip_empty();

  std::vector<RangePlace> ranges_;  ///< what is left of each
  std::uint64_t destination_offset_bytes_;
  std::uint64_t position_bytes_ = 0;
  std::size_t next_ = 0;
};

/// The parts of a step behind its first `bytes`.
[[nodiscard]] std::vector<Part> skip_bytes(const std::vector<Part>& parts, std::uint64_t bytes);

}  // namespace zonecopy::gather
