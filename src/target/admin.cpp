#include "src/target/admin.h"

#include "src/nvme/fabrics/admin.h"
#include "src/nvme/fabrics/log_pages.h"
#include "src/nvme/identify.h"

namespace zonecopy::target {
namespace {

namespace fabrics = nvme::fabrics;
using fabrics::AdminOpcode;

Transfer refuse(nvme::StatusCode status) { return {status, DataDirection::none, 0}; }

Transfer of_log(const nvme::Command& command, std::uint32_t max_transfer_bytes) {
  const fabrics::LogRequest request = fabrics::decode_log_request(command);
  if (request.length_bytes > max_transfer_bytes) return refuse(fabrics::status::invalid_field);
  return {0, DataDirection::to_host, static_cast<std::uint32_t>(request.length_bytes)};
}

Transfer of_feature(const nvme::Command& command, DataDirection direction) {
  const std::uint32_t bytes = feature_data_bytes(command);
  return {0, bytes == 0 ? DataDirection::none : direction, bytes};
}

/// Commands that a discovery controller has (NVMe Base 2.0, figure "Discovery Controller – Admin Command Support").
bool of_discovery(AdminOpcode opcode) {
  return opcode == AdminOpcode::identify || opcode == AdminOpcode::get_log_page ||
         opcode == AdminOpcode::set_features || opcode == AdminOpcode::get_features ||
         opcode == AdminOpcode::asynchronous_event_request || opcode == AdminOpcode::keep_alive;
}

}  // namespace

Transfer admin_transfer_of(const nvme::Command& command, const Controller& controller,
                           std::uint32_t max_transfer_bytes) {
  const auto opcode = static_cast<AdminOpcode>(command.opcode);
  if (controller.kind() == ControllerKind::discovery && !of_discovery(opcode)) {
    return refuse(fabrics::status::invalid_opcode);
  }
  switch (opcode) {
    case AdminOpcode::identify: return {0, DataDirection::to_host, nvme::identify_size_bytes};
    case AdminOpcode::get_log_page: return of_log(command, max_transfer_bytes);
    case AdminOpcode::get_features: return of_feature(command, DataDirection::to_host);
    case AdminOpcode::set_features: return of_feature(command, DataDirection::to_controller);
    case AdminOpcode::abort:
    case AdminOpcode::asynchronous_event_request:
    case AdminOpcode::keep_alive: return {};
    case AdminOpcode::fabrics: break;
  }
  return refuse(fabrics::status::invalid_opcode);
}

Outcome carry_out_admin(const nvme::Command& command, std::span<std::byte> data, Controller& controller,
                        const Subsystem& subsystem) {
  switch (static_cast<AdminOpcode>(command.opcode)) {
    case AdminOpcode::identify: return identify(command, data, controller, subsystem);
    case AdminOpcode::get_log_page: return get_log_page(command, data, controller, subsystem);
    case AdminOpcode::get_features: return get_feature(command, data, controller);
    case AdminOpcode::set_features: return set_feature(command, data, controller);
    // Bit 0 of the result: the command was not aborted. That is always allowed, and the command ends by itself.
    case AdminOpcode::abort: return {.result = 1, .status = 0, .do_not_retry = false, .cause = {}};
    case AdminOpcode::keep_alive: return {};
    case AdminOpcode::asynchronous_event_request:
    case AdminOpcode::fabrics: break;
  }
  return refused(fabrics::status::invalid_opcode);
}

}  // namespace zonecopy::target
