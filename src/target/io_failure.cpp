// What a host is told when a device fails. Images and drives say why a zone refuses. A block device only says EIO, and
// then the zone is looked at.
#include <variant>

#include "src/target/namespace.h"
#include "src/target/outcome.h"

namespace zonecopy::target {
namespace {

/// Whether the device may have a reason that it did not tell.
bool unexplained(const Error& error) {
  if (error.zone_refusal() || error.nvme_status()) return false;
  return error.code() == EIO || error.code() == EINVAL || error.code() == EROFS || error.code() == EREMOTEIO;
}

ZoneState state_of(const Zone& zone) {
  const bool full = zone.condition == ZoneCondition::full;
  const bool has_pointer = zone.condition == ZoneCondition::empty || is_active(zone.condition);
  const std::uint64_t pointer_blocks = has_pointer ? zone.write_pointer_lba - zone.start_lba : 0;
  return ZoneState{zone.condition, full ? zone.capacity_blocks : pointer_blocks};
}

/// Why `zone`, as it is now, refuses `request`, which has failed.
std::optional<ZoneRefusal> refusal_of(const Zone& zone, const ZoneRequest& request) {
  const ZoneState state = state_of(zone);
  // A write whose data has landed, or a part of it, was not refused for its place.
  const std::uint64_t pointer = state.write_pointer_blocks;
  const bool landed = request.command == ZoneCommand::write && is_active(zone.condition) &&
                      pointer > request.offset_blocks && pointer <= request.offset_blocks + request.blocks;
  if (landed) return std::nullopt;
  // Shortages are told by an errno of their own.
  const auto verdict = transition(state, request, zone.capacity_blocks, ResourceUse(), ResourceLimits());
  const auto* const refusal = std::get_if<ZoneRefusal>(&verdict);
  return refusal != nullptr ? std::optional(*refusal) : std::nullopt;
}

}  // namespace

Task<std::optional<Zone>> Namespace::look_at(ZoneIndex zone) {
  const Result<std::vector<Zone>> zones = co_await device_->report_zones(zone, 1);
  if (!zones || zones->empty()) co_return std::nullopt;
  co_return zones->front();
}

Task<Outcome> Namespace::failed_read(Error error, Lba lba) {
  if (unexplained(error)) {
    const std::optional<Zone> zone = co_await look_at(zone_of(lba));
    if (zone && zone->condition == ZoneCondition::offline) co_return refused(nvme::status::zone_offline);
  }
  co_return failed(error, nvme::MediaAccess::read);
}

Task<Outcome> Namespace::failed_write(Error error, Lba lba, std::uint64_t blocks) {
  const ZoneRequest request{ZoneCommand::write, lba % facts_.zone_size_blocks, blocks};
  const Outcome outcome = co_await failed_command(std::move(error), zone_of(lba), request);
  co_return outcome;
}

Task<Outcome> Namespace::failed_command(Error error, ZoneIndex zone, ZoneRequest request) {
  if (unexplained(error)) {
    const std::optional<Zone> now = co_await look_at(zone);
    if (now) error.with_zone_refusal(refusal_of(*now, request));
  }
  co_return failed(error, nvme::MediaAccess::write);
}

}  // namespace zonecopy::target
