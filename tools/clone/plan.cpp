#include "tools/clone/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace zonecopy::cloning {
namespace {

constexpr std::uint32_t sensible_jobs = 8;

Error make_error(const Side& side, int code, std::string detail) {
  return Error(code, "clone", std::move(detail)).on_device(side.name);
}

std::string_view kind_of(bool sequential) { return sequential ? "sequential" : "conventional"; }

bool needs_nothing(const ZoneFacts& zone) { return zone.sequential && zone.size_bytes == 0 && !zone.full; }

/// Finds the counterparts of source zones.
class Mapping {
 public:
  Mapping(const Side& source, const Side& destination, const PlanRules& rules)
      : source_(source), destination_(destination), rules_(rules), first_(rules.zone_0_apart ? 1 : 0) {
    const std::vector<ZoneFacts>& zones = destination.zones;
    for (std::size_t i = first_; i < zones.size(); ++i) of_kind(zones[i].sequential).push_back(i);
    same_ = same_geometry();
  }

  [[nodiscard]] std::size_t first() const { return first_; }
  [[nodiscard]] bool same() const { return same_; }
  /// Call it for each zone, in order.
  std::optional<std::size_t> next(std::size_t source) {
    const bool sequential = source_.zones[source].sequential;
    const std::size_t place = used_[sequential ? 1 : 0]++;
    if (same_) return source;
    const std::vector<std::size_t>& others = of_kind(sequential);
    return place < others.size() ? std::optional(others[place]) : std::nullopt;
  }
  [[nodiscard]] std::size_t count(bool sequential) const { return zones_[sequential ? 1 : 0].size(); }

 private:
  std::vector<std::size_t>& of_kind(bool sequential) { return zones_[sequential ? 1 : 0]; }
  [[nodiscard]] bool same_geometry() const {
    const auto alike = [](const ZoneFacts& one, const ZoneFacts& other) {
      return one.sequential == other.sequential && one.capacity_bytes == other.capacity_bytes;
    };
    return source_.zone_size_bytes == destination_.zone_size_bytes &&
           std::ranges::equal(source_.zones, destination_.zones, alike);
  }

  const Side& source_;
  const Side& destination_;
  const PlanRules& rules_;
  std::size_t first_;
  bool same_ = false;
  std::vector<std::size_t> zones_[2];  ///< of the destination: conventional, sequential
  std::size_t used_[2] = {0, 0};
};

Status check_sides(const Side& source, const Side& destination, const PlanRules& rules, const Mapping& mapping) {
  if (source.block_size_bytes != destination.block_size_bytes) {
    return make_error(destination, EINVAL,
                      fmt::format("its blocks have {} bytes, and those of {} have {}: a clone needs the same size",
                                  destination.block_size_bytes, source.name, source.block_size_bytes));
  }
  if (source.zones.empty() || destination.zones.empty()) {
    return make_error(source.zones.empty() ? source : destination, EINVAL, "it has no zones");
  }
  if (mapping.same() || rules.by_order) return {};
  return make_error(
      destination, EINVAL,
      fmt::format("its zones differ in size, number or type from those of {}, which holds no zonefs file system whose "
                  "files could go to other zones; clone it to a device of the same geometry",
                  source.name));
}

/// One file of all conventional zones would be longer, and end in whatever is in the other zones.
Status check_length_together(const Side& source, const Side& destination, const PlanRules& rules,
                             const Mapping& mapping) {
  if (!rules.conventional_together) return {};
  const auto conventional = [](const ZoneFacts& zone) { return !zone.sequential; };
  const auto first = source.zones.begin() + static_cast<std::ptrdiff_t>(mapping.first());
  const auto count = static_cast<std::size_t>(std::count_if(first, source.zones.end(), conventional));
  if (mapping.count(false) <= count) return {};
  return make_error(
      destination, EINVAL,
      fmt::format("the conventional zones are one file (aggr_cnv), of {} zones on {}, and it has {}: the file would be "
                  "longer; clone it to a device with as many conventional zones",
                  count, source.name, mapping.count(false)));
}

Error no_counterpart(const Side& destination, const Mapping& mapping, const ZoneFacts& zone) {
  return make_error(destination, EFBIG,
                    fmt::format("there is no zone for {}: it has {} {} zones; use a larger destination, or empty the "
                                "last zones of the source",
                                zone.name, mapping.count(zone.sequential), kind_of(zone.sequential)));
}

Status check_room(const Side& destination, const ZoneFacts& from, const ZoneFacts& to) {
  if (from.size_bytes <= to.capacity_bytes) return {};
  return make_error(
      destination, EFBIG,
      fmt::format("{} of the source holds {} bytes, and {}, where they would go, has room for {}: a clone "
                  "splits no zone; copy the files by 'zonecopy copy' instead",
                  from.name, from.size_bytes, to.name, to.capacity_bytes));
}

Status check_health(const Side& destination, const ZoneFacts& to, const ZoneFacts& from) {
  if ((to.health == Health::good && to.writable) || needs_nothing(from)) return {};
  const bool offline = to.health == Health::offline;
  return make_error(destination, offline ? EIO : EROFS,
                    fmt::format("{} is {}, and {} of the source would have to go there; use another destination",
                                to.name, offline ? "offline" : "read-only", from.name));
}

Status check_together(const Side& source, const Side& destination, const PlanRules& rules, const ZoneFacts& from,
                      const ZoneFacts& to) {
  if (from.sequential || !rules.conventional_together || from.capacity_bytes == to.capacity_bytes) return {};
  return make_error(
      destination, EINVAL,
      fmt::format("the conventional zones of {} are one file (aggr_cnv), and {} has {} bytes where {} has "
                  "{}: clone it to a device whose conventional zones have the same size",
                  source.name, to.name, to.capacity_bytes, from.name, from.capacity_bytes));
}

Status check_pair(const Side& source, const Side& destination, const PlanRules& rules, const ZoneTask& task) {
  const ZoneFacts& from = source.zones[task.source];
  const ZoneFacts& to = destination.zones[task.destination];
  if (const Status healthy = check_health(destination, to, from); !healthy) return healthy;
  if (const Status together = check_together(source, destination, rules, from, to); !together) return together;
  return check_room(destination, from, to);
}

/// A read-only zone could be read, but nothing says how far: its write pointer is not valid.
std::optional<std::string> bad(const ZoneFacts& zone) {
  switch (zone.health) {
    case Health::good: return std::nullopt;
    case Health::offline: return "it is offline: its data cannot be read";
    case Health::read_only: return "it is read-only: where its data ends is not known any more";
  }
  return std::nullopt;
}

Error bad_zone(const Side& source, const ZoneFacts& zone, const std::string& reason) {
  return make_error(source, EIO, fmt::format("{}: {}; --skip-bad clones the other zones", zone.name, reason));
}

Status check_active(const Side& destination, const ClonePlan& plan) {
  const std::uint32_t active_max = destination.limits.max_active_zones;
  if (active_max == 0 || plan.partly_full <= active_max) return {};
  return make_error(destination, EOVERFLOW,
                    fmt::format("{} zones of the source are neither empty nor full, and the destination allows {} such "
                                "zones at once; finish some (truncate their files to the capacity) before the clone",
                                plan.partly_full, active_max));
}

ZoneTask task_for(const ZoneFacts& zone, std::size_t source, std::size_t destination) {
  ZoneTask task;
  task.source = source;
  task.destination = destination;
  task.sequential = zone.sequential;
  task.finish = zone.sequential && zone.full;
  task.end_bytes = zone.size_bytes;
  if (task.end_bytes > 0) task.ranges.push_back({0, task.end_bytes});
  return task;
}

}  // namespace

Result<ClonePlan> make_plan(const Side& source, const Side& destination, const PlanRules& rules) {
  Mapping mapping(source, destination, rules);
  const Status fit = check_sides(source, destination, rules, mapping);
  if (!fit) return fit.error();
  const Status as_long = check_length_together(source, destination, rules, mapping);
  if (!as_long) return as_long.error();
  ClonePlan plan;
  plan.same_geometry = mapping.same();
  for (std::size_t i = mapping.first(); i < source.zones.size(); ++i) {
    const ZoneFacts& zone = source.zones[i];
    const std::optional<std::size_t> counterpart = mapping.next(i);
    if (const auto reason = bad(zone)) {
      if (!rules.skip_bad) return bad_zone(source, zone, *reason);
      plan.skipped.push_back({i, counterpart, *reason});
      continue;
    }
    if (!counterpart && needs_nothing(zone)) continue;
    if (!counterpart) return no_counterpart(destination, mapping, zone);
    const ZoneTask task = task_for(zone, i, *counterpart);
    const Status possible = check_pair(source, destination, rules, task);
    if (!possible) return possible.error();
    if (task.sequential && !task.finish && task.end_bytes > 0) ++plan.partly_full;
    plan.tasks.push_back(task);
  }
  const Status active = check_active(destination, plan);
  if (!active) return active.error();
  return plan;
}

Result<std::uint32_t> choose_jobs(const Side& destination, std::uint32_t wanted) {
  std::uint32_t limit = 0;
  for (const std::uint32_t each : {destination.limits.max_open_zones, destination.limits.max_active_zones}) {
    if (each != 0) limit = limit == 0 ? each : std::min(limit, each);
  }
  if (wanted == 0) return limit == 0 ? sensible_jobs : std::min(limit, sensible_jobs);
  if (limit == 0 || wanted <= limit) return wanted;
  return make_error(destination, EINVAL,
                    fmt::format("--jobs is {}, but it allows {} zones to be written at once", wanted, limit));
}

}  // namespace zonecopy::cloning
