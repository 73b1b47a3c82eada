// Whether each zone has a place among the active zones of the destination when its turn comes.
#include <fmt/format.h>

#include <algorithm>

#include "tools/clone/clone.h"

namespace zonecopy::cloning {

/// EOVERFLOW where one would have none: the clone would end there, and zone 0 be wiped by then. An earlier clone may have
/// left more active zones than this one brings, as old copies of bad zones.
Status Clone::check_places() {
  const Side& side = pair_.destination();
  const std::uint32_t active_max = side.limits.max_active_zones;
  prepared_.active_at_end = prepared_.plan.partly_full;
  if (devices_ == nullptr || active_max == 0) return {};

  std::vector<bool> stays(side.zones.size());  // active, now and from then on
  for (std::size_t i = 0; i < side.zones.size(); ++i) stays[i] = side.zones[i].active;
  if (prepared_.super_block) stays.front() = false;  // what is not the right one is wiped before all others
  for (const std::size_t zone : prepared_.resets) stays[zone] = false;
  bool needs_place = false;   // some zone has none yet
  std::uint32_t to_come = 0;  // of these, those that keep it
  for (const ZoneTask& task : prepared_.plan.tasks) {
    if (task.reset || task.finish) stays[task.destination] = false;
    if (!task.sequential || task.done() || (side.zones[task.destination].active && !task.reset)) continue;
    needs_place = needs_place || task.finish || task.end_bytes > 0;
    if (!task.finish && task.end_bytes > 0) ++to_come;
  }
  const auto held = static_cast<std::uint32_t>(std::ranges::count(stays, true));
  prepared_.active_at_end = held + to_come;
  prepared_.jobs = std::clamp(active_max - std::min(held, active_max), 1U, prepared_.jobs);

  const bool writes_zone_0 = prepared_.super_block && !prepared_.super_block_stands && side.zones.front().sequential;
  const bool enough = prepared_.active_at_end <= active_max && (!needs_place || held < active_max) &&
                      (!writes_zone_0 || prepared_.active_at_end < active_max || to_come > 0);
  if (enough) return {};
  return Error(EOVERFLOW, "clone",
               fmt::format("{} zones would stay active, {} of which are now, and it allows {}: there is no place for "
                           "{}; finish some (truncate their files to the capacity) before the clone",
                           prepared_.active_at_end, held, active_max,
                           needs_place ? "the others" : "zone 0, whose super block is another one"))
      .on_device(side.name);
}

}  // namespace zonecopy::cloning
