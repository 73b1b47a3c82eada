// Get Log Page (NVMe Base 2.0, 5.16).
#include <algorithm>

#include "src/nvme/fabrics/discovery_log.h"
#include "src/nvme/fabrics/log_pages.h"
#include "src/nvme/fabrics/nqn.h"
#include "src/nvme/identify.h"
#include "src/target/admin.h"

namespace zonecopy::target {
namespace {

namespace fabrics = nvme::fabrics;
using fabrics::AdminOpcode;
using Log = std::vector<std::byte>;

constexpr std::uint64_t ms_per_hour = 3'600'000;

bool only_zoned(nvme::Opcode opcode) {
  return opcode == nvme::Opcode::zone_management_send || opcode == nvme::Opcode::zone_management_receive ||
         opcode == nvme::Opcode::zone_append;
}

Log effects_log(std::uint8_t command_set) {
  fabrics::EffectsLog effects;
  for (const AdminOpcode opcode :
       {AdminOpcode::get_log_page, AdminOpcode::identify, AdminOpcode::abort, AdminOpcode::set_features,
        AdminOpcode::get_features, AdminOpcode::asynchronous_event_request, AdminOpcode::keep_alive}) {
    effects.admin.at(static_cast<std::size_t>(opcode)).supported = true;
  }
  for (const SupportedCommand& command : Namespace::supported_commands()) {
    if (command_set != nvme::command_set_zoned && only_zoned(command.opcode)) continue;
    effects.io.at(static_cast<std::size_t>(command.opcode)) = {true, command.changes_content};
  }
  Log log(fabrics::effects_log_bytes);
  fabrics::encode_effects_log(effects, log);
  return log;
}

Log health_log(const Subsystem& subsystem) {
  const Statistics statistics = subsystem.statistics();
  Log log(fabrics::health_log_bytes);
  fabrics::encode_health_log({.read_bytes = statistics.bytes_read,
                              .written_bytes = statistics.bytes_written,
                              .read_commands = statistics.reads,
                              .write_commands = statistics.writes + statistics.appends + statistics.copies,
                              .power_on_hours = statistics.uptime_ms / ms_per_hour},
                             log);
  return log;
}

fabrics::DiscoveryEntry entry_of(const tcp::Address& address, fabrics::SubsystemType type, std::string nqn,
                                 const Subsystem& subsystem) {
  return {.type = type,
          .ipv6 = address.get()->sa_family == AF_INET6,
          .port_id = 1,
          .admin_queue_entries_max = subsystem.options().queue_entries_max,
          .service = std::to_string(address.port()),
          .subsystem_nqn = std::move(nqn),
          .address = address.host()};
}

/// A host finds the subsystem where it has found the log, and only if it may connect there.
Log discovery_log(const Controller& controller, const Subsystem& subsystem) {
  const QueueHandle* const admin = controller.queue(0);
  const tcp::Address address = admin != nullptr ? admin->local_address() : tcp::Address{};
  fabrics::DiscoveryLog log;
  log.generation = 1;
  log.entries.push_back(
      entry_of(address, fabrics::SubsystemType::current_discovery, std::string(fabrics::discovery_nqn), subsystem));
  if (subsystem.allows(controller.host().host_nqn)) {
    log.entries.push_back(entry_of(address, fabrics::SubsystemType::nvm, subsystem.options().nqn, subsystem));
  }
  return fabrics::encode_discovery_log(log);
}

/// Empty where there is no such log.
Log log_page(const fabrics::LogRequest& request, const Controller& controller, const Subsystem& subsystem) {
  if (controller.kind() == ControllerKind::discovery) {
    return request.log == fabrics::log_discovery ? discovery_log(controller, subsystem) : Log{};
  }
  switch (request.log) {
    case fabrics::log_error_information: return Log(fabrics::error_log_bytes);  // no error was noted
    case fabrics::log_health: return health_log(subsystem);
    case fabrics::log_firmware_slots: {
      Log log(fabrics::firmware_log_bytes);
      fabrics::encode_firmware_log(ZONECOPY_VERSION, log);
      return log;
    }
    case fabrics::log_effects: return effects_log(request.command_set);
    case fabrics::log_statistics: return encode_statistics_log(subsystem.statistics());
    default: return {};
  }
}

}  // namespace

Outcome get_log_page(const nvme::Command& command, std::span<std::byte> data, const Controller& controller,
                     const Subsystem& subsystem) {
  const fabrics::LogRequest request = fabrics::decode_log_request(command);
  const Log log = log_page(request, controller, subsystem);
  if (log.empty()) return refused(fabrics::status::invalid_log_page);
  const bool offset_fits = request.offset_bytes <= log.size() && request.offset_bytes % 4 == 0;
  if (request.offset_is_index || !offset_fits) return refused(fabrics::status::invalid_field);
  const std::span<const std::byte> rest = std::span(log).subspan(request.offset_bytes);
  std::copy_n(rest.begin(), std::min(rest.size(), data.size()), data.begin());
  return {};
}

}  // namespace zonecopy::target
