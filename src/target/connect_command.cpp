#include "src/target/connect_command.h"

#include <fmt/format.h>

#include "src/nvme/fabrics/discovery_log.h"
#include "src/nvme/fabrics/nqn.h"
#include "src/target/admin.h"

namespace zonecopy::target {
namespace {

namespace fabrics = nvme::fabrics;

Outcome refuse(const fabrics::ConnectOffence& offence) {
  Outcome outcome = refused(fabrics::status::connect_invalid_parameters);
  outcome.result = offence.result();
  return outcome;
}

/// What is wrong with a Connect whatever queue it is for; status 0 where nothing is.
Outcome check(const fabrics::ConnectParameters& parameters, const fabrics::DecodedConnectData& decoded,
              Subsystem& subsystem) {
  if (parameters.record_format != 0) return refused(fabrics::status::connect_incompatible_format);
  if (decoded.offence) return refuse(*decoded.offence);
  if (parameters.queue_size == 0 || parameters.queue_size >= subsystem.options().queue_entries_max) {
    return refuse(fabrics::offence_queue_size);
  }
  const fabrics::ConnectData& data = decoded.data;
  if (data.subsystem_nqn == fabrics::discovery_nqn) return {};
  if (data.subsystem_nqn != subsystem.options().nqn) return refuse(fabrics::offence_subsystem_nqn);
  if (subsystem.allows(data.host_nqn)) return {};
  ++subsystem.counters().hosts_refused;
  subsystem.log(fmt::format("host {}: refused; it is not among those that may connect", one_line(data.host_nqn)));
  Outcome outcome = refused(fabrics::status::connect_invalid_host);
  outcome.result = fabrics::offence_host_nqn.result();
  return outcome;
}

Outcome accepted(const Controller& controller) {
  return {.result = controller.id(), .status = 0, .do_not_retry = false, .cause = {}};
}

ConnectOutcome connect_admin(const fabrics::ConnectParameters& parameters, const fabrics::ConnectData& data,
                             Subsystem& subsystem, QueueHandle& queue) {
  const bool discovery = data.subsystem_nqn == fabrics::discovery_nqn;
  Controller* const controller = subsystem.create_controller(discovery ? ControllerKind::discovery : ControllerKind::io,
                                                             data, parameters.keep_alive_ms);
  if (controller == nullptr) {
    Outcome busy = refused(fabrics::status::connect_controller_busy);
    busy.do_not_retry = false;
    return {std::move(busy), nullptr, parameters};
  }
  controller->attach(0, queue);
  return {accepted(*controller), controller, parameters};
}

ConnectOutcome connect_io(const fabrics::ConnectParameters& parameters, const fabrics::ConnectData& data,
                          Subsystem& subsystem, QueueHandle& queue) {
  Controller* const controller = subsystem.find_controller(data.controller_id);
  const auto refuse_with = [&](Outcome outcome) { return ConnectOutcome{std::move(outcome), nullptr, parameters}; };
  if (controller == nullptr || !controller->same_host(data) || controller->host().subsystem_nqn != data.subsystem_nqn) {
    return refuse_with(refuse(fabrics::offence_controller_id));
  }
  if (controller->kind() == ControllerKind::discovery || parameters.queue_id > controller->io_queues) {
    return refuse_with(refuse(fabrics::offence_queue_id));
  }
  if (!controller->ready() || controller->queue(parameters.queue_id) != nullptr) {
    return refuse_with(refused(fabrics::status::command_sequence_error));
  }
  controller->attach(parameters.queue_id, queue);
  return {accepted(*controller), controller, parameters};
}

}  // namespace

Task<ConnectOutcome> connect(nvme::Command command, std::span<const std::byte> data, Subsystem& subsystem,
                             QueueHandle& queue) {
  const fabrics::ConnectParameters parameters = fabrics::decode_connect_parameters(command);
  const fabrics::DecodedConnectData decoded = fabrics::decode_connect_data(data);
  ConnectOutcome refusal{check(parameters, decoded, subsystem), nullptr, parameters};
  if (refusal.outcome.status != 0) co_return refusal;
  if (parameters.queue_id != 0) co_return connect_io(parameters, decoded.data, subsystem, queue);
  if (decoded.data.controller_id != fabrics::any_controller_id) {
    refusal.outcome = refuse(fabrics::offence_controller_id);
    co_return refusal;
  }
  co_await subsystem.settle(decoded.data);
  co_return connect_admin(parameters, decoded.data, subsystem, queue);
}

}  // namespace zonecopy::target
