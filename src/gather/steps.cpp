#include "src/gather/steps.h"

#include <algorithm>
#include <utility>

namespace zonecopy::gather {
namespace {

/// How many bytes a step that begins at `offset_bytes` of the destination may have.
std::uint64_t room_of_step(std::uint64_t offset_bytes, const StepLimits& limits) {
  const std::uint64_t excess =
      (offset_bytes % limits.unit_bytes + limits.bytes % limits.unit_bytes) % limits.unit_bytes;
  // Where not even the rest of a begun unit is allowed, the limit counts for more than the unit.
  return limits.bytes > excess ? limits.bytes - excess : limits.bytes;
}

}  // namespace

StepCutter::StepCutter(std::vector<RangePlace> ranges, std::uint64_t destination_offset_bytes)
    : ranges_(std::move(ranges)), destination_offset_bytes_(destination_offset_bytes) {
  skip_empty();
}

void StepCutter::skip_empty() {
  while (next_ < ranges_.size() && ranges_[next_].length_bytes == 0) ++next_;
}

Step StepCutter::next(const StepLimits& limits) {
  Step step{group(), position_bytes_, 0, {}};
  std::uint64_t room_bytes = room_of_step(destination_offset_bytes_ + position_bytes_, limits);
  while (!empty() && group() == step.group && room_bytes > 0 && step.parts.size() < limits.parts) {
    RangePlace& rest = ranges_[next_];
    const std::uint64_t length_bytes = std::min(rest.length_bytes, room_bytes);
    step.parts.push_back(Part{next_, rest.offset_bytes, length_bytes});
    step.bytes += length_bytes;
    room_bytes -= length_bytes;
    rest.offset_bytes += length_bytes;
    rest.length_bytes -= length_bytes;
    skip_empty();
  }
  position_bytes_ += step.bytes;
  return step;
}

std::vector<Part> skip_bytes(const std::vector<Part>& parts, std::uint64_t bytes) {
  std::vector<Part> rest;
  for (const Part& part : parts) {
    const std::uint64_t skipped = std::min(part.length_bytes, bytes);
    bytes -= skipped;
    if (skipped < part.length_bytes) {
      rest.push_back(Part{part.range, part.offset_bytes + skipped, part.length_bytes - skipped});
    }
  }
  return rest;
}

}  // namespace zonecopy::gather
