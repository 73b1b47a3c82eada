// What a gather would have a device do. It cuts the work as the gather itself does.
#include "zonecopy/copy_plan.h"

#include <algorithm>

#include "src/gather/by_device_copy.h"
#include "src/gather/prepared.h"
#include "src/gather/zone_file.h"

namespace zonecopy::gather {
namespace {

/// On its own device, whose zones may be others than those of the destination's (zonecopy_limits::zone_size_bytes).
Lba lba_on_mount(const zonecopy_limits& limits, const OpenFile& file, std::uint64_t offset_bytes) {
  constexpr std::uint64_t zone_mask = (std::uint64_t{1} << 40U) - 1;
  const auto& mounted = static_cast<const MountFile&>(file);
  const std::uint64_t zone_size_bytes = mounted.limits().value_or(limits).zone_size_bytes;
  return ((mounted.inode() & zone_mask) * zone_size_bytes + offset_bytes) / limits.block_size_bytes;
}

/// Whole blocks of both sides, that follow each other in the destination.
struct BlockRun {
  std::uint64_t offset_bytes = 0;  ///< in the destination
  std::vector<Extent> extents;
};

/// What of a step a mount offloads: blocks that lie alike in source and destination. The bytes between them it reads and
/// writes.
std::vector<BlockRun> block_runs(const Prepared& prepared, const Step& step, std::uint64_t offset_bytes) {
  const zonecopy_limits& limits = *prepared.limits;
  const std::uint64_t block_bytes = limits.block_size_bytes;
  std::vector<BlockRun> runs;
  std::uint64_t run_end_bytes = 0;
  for (const Part& part : step.parts) {
    const std::uint64_t head_bytes =
        std::min((block_bytes - offset_bytes % block_bytes) % block_bytes, part.length_bytes);
    const std::uint64_t from_bytes = part.offset_bytes + head_bytes;
    const std::uint64_t blocks = from_bytes % block_bytes == 0 ? (part.length_bytes - head_bytes) / block_bytes : 0;
    if (blocks > 0) {
      if (runs.empty() || run_end_bytes != offset_bytes + head_bytes) runs.push_back({offset_bytes + head_bytes, {}});
      runs.back().extents.push_back(Extent{lba_on_mount(limits, prepared.work.source(part), from_bytes), blocks});
      run_end_bytes = offset_bytes + head_bytes + blocks * block_bytes;
    }
    offset_bytes += part.length_bytes;
  }
  return runs;
}

std::vector<CopyCommand> commands_of_mount(const Prepared& prepared, const Step& step, std::uint64_t offset_bytes) {
  const zonecopy_limits& limits = *prepared.limits;
  const CopyLimits of_copy{limits.copy_ranges_max, limits.copy_range_max_blocks, limits.copy_max_blocks};
  const SourceGeometry geometry{limits.zone_size_bytes / limits.block_size_bytes};
  std::vector<CopyCommand> commands;
  for (const BlockRun& run : block_runs(prepared, step, offset_bytes)) {
    const Destination destination{lba_on_mount(limits, *prepared.tracks.front().file, run.offset_bytes),
                                  total_blocks(run.extents)};
    const std::vector<CopyCommand> of_run = plan_copy(run.extents, destination, of_copy, geometry);
    commands.insert(commands.end(), of_run.begin(), of_run.end());
  }
  return commands;
}

std::vector<CopyCommand> commands_of_engine(const Prepared& prepared, const Step& step, std::uint64_t offset_bytes) {
  const auto& source = static_cast<const ZoneFile&>(prepared.work.source(step.parts.front()));
  const auto& zone = static_cast<const ZoneFile&>(*prepared.tracks.front().file);
  const std::vector<Extent> extents = extents_of(prepared.work, step.parts);
  const Destination destination{zone.lba_of(offset_bytes), total_blocks(extents)};
  const CopyLimits limits = zone.device().copy_route(source.device()).limits;
  return plan_copy(extents, destination, limits, SourceGeometry{source.info().zone_size_blocks});
}

/// Whether a step is of blocks that lie alike in source and destination.
bool whole_blocks(const Prepared& prepared, const Step& step, std::uint64_t offset_bytes) {
  std::uint64_t bits = offset_bytes;
  for (const Part& part : step.parts) bits |= part.offset_bytes | part.length_bytes;
  return bits % prepared.unit_bytes == 0;
}

void name_mechanism(const Prepared& prepared, GatherPlan& plan) {
  if (prepared.limits) {
    plan.mechanism = prepared.limits->copy_mechanism;
  } else if (const auto* zone = dynamic_cast<const ZoneFile*>(prepared.tracks.front().file.get())) {
    plan.mechanism = zone->info().copy_mechanism;
  }
}

}  // namespace

GatherPlan plan_of(const Prepared& prepared) {
  GatherPlan plan;
  name_mechanism(prepared, plan);
  const std::uint64_t begin_bytes = prepared.offset_bytes;
  StepCutter cutter(prepared.places, begin_bytes);
  while (!cutter.empty()) {
    const Route& route = prepared.routes[cutter.group()];
    const Step step = cutter.next(step_limits(prepared, route));
    const std::uint64_t offset_bytes = begin_bytes + step.position_bytes;
    if (!route.not_offloaded_because.empty()) {
      plan.not_offloaded_because = route.not_offloaded_because;
      continue;
    }
    if (!whole_blocks(prepared, step, offset_bytes)) plan.not_offloaded_because = "some ranges are not of whole blocks";
    const std::vector<CopyCommand> commands = route.kind == Route::Kind::engine
                                                  ? commands_of_engine(prepared, step, offset_bytes)
                                                  : commands_of_mount(prepared, step, offset_bytes);
    plan.commands.insert(plan.commands.end(), commands.begin(), commands.end());
  }
  return plan;
}

}  // namespace zonecopy::gather
