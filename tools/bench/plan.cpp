#include "tools/bench/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "zonecopy/size.h"

namespace zonecopy::benching {
namespace {

/// Places of the longest zones, in their order: a shorter one, as the last of a device may be, is left out.
std::vector<std::size_t> equal_zones(const Supply& supply, std::uint64_t zone_bytes) {
  std::vector<std::size_t> places;
  for (const UsableZone& zone : supply.zones) {
    if (zone.capacity_bytes == zone_bytes) places.push_back(zone.place);
  }
  return places;
}

/// How many more zones may be written at once; nothing where there is no limit.
std::optional<std::uint32_t> writable_at_once(const Supply& supply) {
  std::optional<std::uint32_t> most;
  const auto lower = [&most](std::uint32_t limit, std::uint32_t used) {
    if (limit == 0) return;
    const std::uint32_t left = limit - std::min(limit, used);
    most = std::min(most.value_or(left), left);
  };
  lower(supply.limits.max_open_zones, 0);  // zones of others are closed where one is to be opened
  lower(supply.limits.max_active_zones, supply.active_by_others);
  return most;
}

std::uint64_t zones_for(std::uint64_t bytes, std::uint64_t zone_bytes) { return (bytes + zone_bytes - 1) / zone_bytes; }

void deal_out(Plan& plan, const std::vector<std::size_t>& places, std::size_t jobs, std::size_t zones_a_side) {
  std::size_t next = 0;
  plan.jobs.resize(jobs);
  for (JobZones& job : plan.jobs) {
    for (std::size_t i = 0; i < zones_a_side; ++i) job.sources.push_back(places[next++]);
  }
  for (JobZones& job : plan.jobs) {
    for (std::size_t i = 0; i < zones_a_side; ++i) job.destinations.push_back(places[next++]);
  }
}

}  // namespace

std::uint64_t Plan::zone_fill_bytes(std::size_t number) const {
  const std::uint64_t before_bytes = number * zone_bytes;
  return std::min(zone_bytes, job_bytes - std::min(job_bytes, before_bytes));
}

bool Plan::finishes_destinations(const Shape& shape) const { return finish_zones && zone_bytes % shape.bytes() != 0; }

Result<Plan> make_plan(const Supply& supply, const Load& load) {
  Plan plan;
  for (const UsableZone& zone : supply.zones) plan.zone_bytes = std::max(plan.zone_bytes, zone.capacity_bytes);
  const std::vector<std::size_t> places = equal_zones(supply, plan.zone_bytes);
  if (places.size() < 2) {
    return Error(ENOSPC, "bench",
                 fmt::format("there are {} zones of equal capacity that may be used; a copy needs two", places.size()));
  }
  const std::optional<std::uint32_t> at_once = writable_at_once(supply);
  if (at_once == 0U) return Error(EBUSY, "bench", "as many zones are open or active already as the device allows");

  std::uint32_t jobs = std::max<std::uint32_t>(1, load.jobs);
  if (at_once && *at_once < jobs) {
    jobs = *at_once;
    plan.notes.push_back(
        fmt::format("{} jobs instead of {}: the device has no more zones open or active", jobs, load.jobs));
  }
  if (places.size() / 2 < jobs) {
    jobs = static_cast<std::uint32_t>(places.size() / 2);
    plan.notes.push_back(
        fmt::format("{} jobs instead of {}: there are {} zones to use", jobs, load.jobs, places.size()));
  }
  const std::uint64_t zones_a_side = places.size() / 2 / jobs;
  const std::uint64_t whole_bytes = load.job_bytes / supply.block_size_bytes * supply.block_size_bytes;
  plan.job_bytes = std::min(std::max(whole_bytes, supply.block_size_bytes), zones_a_side * plan.zone_bytes);
  if (plan.job_bytes < load.job_bytes) {
    plan.notes.push_back(fmt::format("{} a job instead of {}: there is no more room", format_size(plan.job_bytes),
                                     format_size(load.job_bytes)));
  }
  plan.finish_zones = at_once.has_value();
  deal_out(plan, places, jobs, zones_for(plan.job_bytes, plan.zone_bytes));
  return plan;
}

std::string why_not_measured(const Plan& plan, const Shape& shape, std::uint64_t block_size_bytes) {
  if (shape.block_bytes % block_size_bytes != 0) {
    return fmt::format("ranges of {} are no whole blocks of {}", format_size(shape.block_bytes),
                       format_size(block_size_bytes));
  }
  if (shape.bytes() <= plan.zone_fill_bytes(0)) return {};
  return fmt::format("a copy of {} is longer than the {} that {} a {}", format_size(shape.bytes()),
                     format_size(plan.zone_fill_bytes(0)), plan.job_bytes < plan.zone_bytes ? "are for" : "fit into",
                     plan.job_bytes < plan.zone_bytes ? "job" : "zone");
}

}  // namespace zonecopy::benching
