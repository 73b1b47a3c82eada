// What a gather would have a device do. It cuts the work as the gather itself does.
#include "zonecopy/copy_plan.h"

#include "src/gather/by_device_copy.h"
#include "src/gather/prepared.h"
#include "src/gather/zone_file.h"

namespace zonecopy::gather {
namespace {

Lba lba_on_mount(const zonecopy_limits& limits, const OpenFile& file, std::uint64_t offset_bytes) {
  const std::uint64_t inode = static_cast<const MountFile&>(file).inode();
  return (inode * limits.zone_size_bytes + offset_bytes) / limits.block_size_bytes;
}

std::vector<CopyCommand> commands_of_mount(const Prepared& prepared, const Step& step, std::uint64_t offset_bytes) {
  const zonecopy_limits& limits = *prepared.limits;
  std::vector<Extent> extents;
  for (const Part& part : step.parts) {
    extents.push_back(Extent{lba_on_mount(limits, prepared.work.source(part), part.offset_bytes),
                             part.length_bytes / limits.block_size_bytes});
  }
  const Destination destination{lba_on_mount(limits, *prepared.tracks.front().file, offset_bytes),
                                total_blocks(extents)};
  const CopyLimits of_copy{limits.copy_ranges_max, limits.copy_range_max_blocks, limits.copy_max_blocks};
  return plan_copy(extents, destination, of_copy, SourceGeometry{limits.zone_size_bytes / limits.block_size_bytes});
}

std::vector<CopyCommand> commands_of_engine(const Prepared& prepared, const Step& step, std::uint64_t offset_bytes) {
  const auto& source = static_cast<const ZoneFile&>(prepared.work.source(step.parts.front()));
  const auto& zone = static_cast<const ZoneFile&>(*prepared.tracks.front().file);
  const std::vector<Extent> extents = extents_of(prepared.work, step.parts);
  const Destination destination{zone.lba_of(offset_bytes), total_blocks(extents)};
  return plan_copy(extents, destination, zone.info().copy_limits, SourceGeometry{source.info().zone_size_blocks});
}

/// Why a step is not offloaded; empty if it is.
std::string objection(const Prepared& prepared, const Step& step, std::uint64_t offset_bytes) {
  const Route& route = prepared.routes[step.group];
  if (!route.not_offloaded_because.empty()) return route.not_offloaded_because;
  std::uint64_t bits = offset_bytes;
  for (const Part& part : step.parts) bits |= part.offset_bytes | part.length_bytes;
  if (bits % prepared.unit_bytes == 0) return {};
  return "some ranges are not of whole blocks";
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
  const std::uint64_t begin_bytes = prepared.tracks.front().tally.end_bytes();
  StepCutter cutter(prepared.places, begin_bytes);
  while (!cutter.empty()) {
    const Route& route = prepared.routes[cutter.group()];
    const Step step = cutter.next(step_limits(prepared, route));
    const std::uint64_t offset_bytes = begin_bytes + step.position_bytes;
    const std::string why = objection(prepared, step, offset_bytes);
    if (!why.empty()) {
      plan.not_offloaded_because = why;
      continue;
    }
    const std::vector<CopyCommand> commands = route.kind == Route::Kind::engine
                                                  ? commands_of_engine(prepared, step, offset_bytes)
                                                  : commands_of_mount(prepared, step, offset_bytes);
    plan.commands.insert(plan.commands.end(), commands.begin(), commands.end());
  }
  return plan;
}

}  // namespace zonecopy::gather
