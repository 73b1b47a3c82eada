// Zone Management Send and Receive.
#include <algorithm>
#include <utility>

#include "src/nvme/io_command.h"
#include "src/nvme/zone_report.h"
#include "src/target/namespace.h"
#include "src/target/outcome.h"

namespace zonecopy::target {
namespace {

constexpr std::uint32_t report_step_zones = 1024;
// Zones that one command for all of them is busy with at a time.
constexpr std::uint64_t zones_at_once = 32;

ZoneCommand command_of(ZoneAction action) {
  switch (action) {
    case ZoneAction::open: return ZoneCommand::open;
    case ZoneAction::close: return ZoneCommand::close;
    case ZoneAction::finish: return ZoneCommand::finish;
    case ZoneAction::reset: return ZoneCommand::reset;
  }
  return ZoneCommand::reset;
}

/// Whether Select All means a zone in `condition` (ZNS 1.1, 3.4.3).
bool is_selected(ZoneAction action, ZoneCondition condition) {
  switch (action) {
    case ZoneAction::close: return is_open(condition);
    case ZoneAction::finish: return is_active(condition);
    case ZoneAction::open: return condition == ZoneCondition::closed;
    case ZoneAction::reset: return is_active(condition) || condition == ZoneCondition::full;
  }
  return false;
}

bool exceeds(std::uint64_t wanted, std::uint32_t limit) { return limit != 0 && wanted > limit; }

}  // namespace

Task<Outcome> Namespace::manage(const nvme::Command& command, ControllerId controller) {
  const nvme::ZoneSend fields = nvme::decode_zone_send(command);
  const std::optional<ZoneAction> action = nvme::zone_action(fields.action);
  if (!action) co_return refused(nvme::status::invalid_field);
  Outcome outcome;
  if (fields.all_zones) {
    outcome = co_await manage_all(*action, controller);
  } else {
    outcome = co_await manage_zone(zone_of(fields.start_lba), *action, controller);
  }
  co_return outcome;
}

Task<Outcome> Namespace::manage_zone(ZoneIndex zone, ZoneAction action, ControllerId controller) {
  const KeyedLocks::Guard turn = co_await order_.write(zone);
  write_pointers_.erase(zone);
  note_attempt(zone, controller);
  const Status done = co_await device_->manage_zone(zone, action);
  if (!done) {
    const ZoneRequest request{command_of(action), 0, 0};
    const Outcome outcome = co_await failed_command(done.error(), zone, request);
    co_return outcome;
  }
  note_user(zone, action == ZoneAction::open ? controller : nobody);
  co_return Outcome();
}

/// Select All. The first zone that fails is what the host is told; the others are tried all the same.
Task<Outcome> Namespace::manage_all(ZoneAction action, ControllerId controller) {
  const Result<std::vector<ZoneIndex>> zones = co_await zones_for(action);
  if (!zones) co_return failed(zones.error(), nvme::MediaAccess::write);
  Outcome first;
  for (std::size_t next = 0; next < zones->size();) {
    Gate gate;
    for (std::uint64_t busy = 0; busy < zones_at_once && next < zones->size(); ++busy, ++next) {
      loop_.spawn(manage_beside((*zones)[next], action, controller, &first, &gate));
    }
    Event& all_done = gate.drained();
    co_await all_done;
  }
  co_return first;
}

Task<void> Namespace::manage_beside(ZoneIndex zone, ZoneAction action, ControllerId controller, Outcome* first,
                                    Gate* gate) {
  const GatePass pass(*gate);
  Outcome outcome = co_await manage_zone(zone, action, controller);
  if (first->status == nvme::status::success) *first = std::move(outcome);
}

/// The zones that Select All means now. A refusal if all of them together cannot be opened.
Task<Result<std::vector<ZoneIndex>>> Namespace::zones_for(ZoneAction action) {
  std::vector<ZoneIndex> selected;
  std::uint64_t explicitly_open = 0;
  for (std::uint64_t first = 0; first < facts_.zone_count; first += report_step_zones) {
    const Result<std::vector<Zone>> zones =
        co_await device_->report_zones(static_cast<ZoneIndex>(first), report_step_zones);
    if (!zones) co_return zones.error();
    for (const Zone& zone : *zones) {
      if (is_selected(action, zone.condition)) selected.push_back(zone.index);
      if (zone.condition == ZoneCondition::explicit_open) ++explicitly_open;
    }
  }
  const bool too_many = action == ZoneAction::open && !selected.empty() &&
                        exceeds(selected.size() + explicitly_open, facts_.resource_limits.max_open_zones);
  if (too_many) co_return Error(ZoneRefusal::too_many_open, "zone open");
  co_return selected;
}

Task<Outcome> Namespace::report(const nvme::Command& command, std::span<std::byte> data) {
  const nvme::ZoneReceive fields = nvme::decode_zone_receive(command);
  const std::uint64_t room = nvme::zone_descriptors_in(data.size());
  std::fill(data.begin(), data.end(), std::byte{0});
  const ZoneIndex first_zone = zone_of(fields.start_lba);
  const bool every_zone = fields.filter == 0;
  std::uint64_t matching = 0;
  std::uint64_t next = first_zone;
  // Where every zone is meant, the count of those without room needs no look at them.
  while (next < facts_.zone_count && (matching < room || (!every_zone && !fields.partial))) {
    const std::uint64_t wanted =
        every_zone ? std::min<std::uint64_t>(room - matching, report_step_zones) : std::uint64_t{report_step_zones};
    const Result<std::vector<Zone>> zones =
        co_await device_->report_zones(static_cast<ZoneIndex>(next), static_cast<std::uint32_t>(wanted));
    if (!zones) co_return failed(zones.error(), nvme::MediaAccess::read);
    if (zones->empty()) break;
    for (const Zone& zone : *zones) {
      if (!nvme::zone_report_filter_matches(fields.filter, zone.condition)) continue;
      if (matching < room) nvme::encode_zone_descriptor(data, matching, zone);
      ++matching;
    }
    next += zones->size();
  }
  const std::uint64_t all = every_zone ? std::uint64_t{facts_.zone_count} - first_zone : matching;
  nvme::encode_zone_report_header(data, fields.partial ? std::min(matching, room) : all);
  co_return Outcome();
}

}  // namespace zonecopy::target
