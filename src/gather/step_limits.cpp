// How long steps are: short enough for progress and stops, long enough for full Copy commands.
#include <algorithm>

#include "src/gather/prepared.h"
#include "src/gather/zone_file.h"
#include "zonecopy/throttle.h"

namespace zonecopy::gather {
namespace {

constexpr std::uint64_t step_bytes_max = 64U << 20;

/// The most that one Copy command copies; 0 where none is sent.
std::uint64_t command_bytes(const Prepared& prepared, const Route& route) {
  if (route.kind == Route::Kind::gather_call) {
    return std::uint64_t{prepared.limits->copy_max_blocks} * prepared.limits->block_size_bytes;
  }
  if (route.kind != Route::Kind::engine) return 0;
  const DeviceInfo& info = static_cast<const ZoneFile&>(*prepared.tracks.front().file).info();
  return std::uint64_t{info.copy_limits.max_total_blocks} * info.block_size_bytes;
}

/// The largest multiple of `part` up to `whole`, or `whole` where there is none: a command that a step's end cuts in two
/// is one more.
std::uint64_t whole_parts(std::uint64_t whole, std::uint64_t part) {
  return part == 0 || part > whole ? whole : whole - whole % part;
}

}  // namespace

StepLimits step_limits(const Prepared& prepared, const Route& route) {
  StepLimits limits;
  limits.bytes = whole_parts(step_bytes_max, command_bytes(prepared, route));
  const std::uint64_t rate = prepared.work.options.bytes_per_second;
  if (rate != 0) limits.bytes = std::min(limits.bytes, RateLimit(rate).step_max_bytes());
  limits.bytes = std::max(limits.bytes, prepared.unit_bytes);
  limits.unit_bytes = prepared.unit_bytes;
  if (route.kind == Route::Kind::gather_call) {
    const std::uint64_t of_mount = std::max<std::uint32_t>(prepared.limits->gather_ranges_max, 1);
    const std::uint64_t ranges_max = std::min<std::uint64_t>(of_mount, ZONECOPY_GATHER_RANGES_MAX);
    limits.parts = whole_parts(ranges_max, prepared.limits->copy_ranges_max);
  }
  return limits;
}

}  // namespace zonecopy::gather
