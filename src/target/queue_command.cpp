// What the commands of a queue do, from their capsules to their responses.
#include <fmt/format.h>

#include <algorithm>

#include "src/nvme/fabrics/admin.h"
#include "src/nvme/fabrics/dhchap_command.h"
#include "src/target/admin.h"
#include "src/target/connect_command.h"
#include "src/target/property_command.h"
#include "src/target/queue.h"

namespace zonecopy::target {
namespace {

namespace fabrics = nvme::fabrics;
using fabrics::FabricsType;

constexpr nvme::StatusCode transient_transport_error = 0x022;
constexpr std::uint32_t authentication_max_bytes = in_capsule_max_bytes;

bool is_fabrics(const nvme::Command& command) { return command.opcode == fabrics::opcode_fabrics; }

bool is_authentication(const nvme::Command& command) {
  const auto type = static_cast<FabricsType>(fabrics::fabrics_type(command));
  return is_fabrics(command) &&
         (type == FabricsType::authentication_send || type == FabricsType::authentication_receive);
}

Transfer refuse(nvme::StatusCode status) { return {status, DataDirection::none, 0}; }

bool flushes_all(const nvme::Command& command) {
  return command.opcode == static_cast<std::uint8_t>(nvme::Opcode::flush) && command.nsid == fabrics::all_namespaces;
}

/// Descriptor formats of Copy. Format 2 has to be enabled by a host (CDFE), which Linux lets nobody do; nothing is
/// lost by taking it from everybody, since no other bytes could be meant.
constexpr std::uint16_t copy_formats = 1U << 0 | 1U << 2;

}  // namespace

Transfer Queue::fabrics_transfer_of(const nvme::Command& command) const {
  const auto type = static_cast<FabricsType>(fabrics::fabrics_type(command));
  if (controller_ == nullptr) {
    if (type != FabricsType::connect) return refuse(fabrics::status::command_sequence_error);
    return {0, DataDirection::to_controller, fabrics::connect_data_bytes};
  }
  switch (type) {
    case FabricsType::property_get:
    case FabricsType::property_set: return is_admin() ? Transfer{} : refuse(fabrics::status::invalid_opcode);
    case FabricsType::disconnect: return {};
    case FabricsType::connect: return refuse(fabrics::status::command_sequence_error);
    case FabricsType::authentication_send:
    case FabricsType::authentication_receive: {
      if (!authentication_) return refuse(fabrics::status::invalid_opcode);
      if (!fabrics::dhchap::names_dhchap(command)) return refuse(fabrics::status::invalid_field);
      const bool send = type == FabricsType::authentication_send;
      const std::uint32_t bytes = command.cdw11;
      if (bytes == 0 || bytes > authentication_max_bytes) return refuse(fabrics::status::invalid_field);
      return {0, send ? DataDirection::to_controller : DataDirection::to_host, bytes};
    }
  }
  return refuse(fabrics::status::invalid_opcode);
}

Transfer Queue::transfer_of(const nvme::Command& command) const {
  const bool may = proven() || is_authentication(command);
  if (!may) return refuse(fabrics::status::authentication_required);
  if (is_fabrics(command)) return fabrics_transfer_of(command);
  if (controller_ == nullptr || !controller_->ready()) return refuse(fabrics::status::command_sequence_error);
  if (is_admin()) return admin_transfer_of(command, *controller_, subsystem_.max_transfer_bytes());
  if (flushes_all(command)) return {};
  const Namespace* const space = subsystem_.find_namespace(command.nsid);
  return space == nullptr ? refuse(fabrics::status::invalid_namespace_or_format) : space->transfer_of(command);
}

/// One command. The first part runs at once, so that the commands of a queue begin in the order in which they came.
Task<void> Queue::handle(Request& request) {
  const GatePass pass(commands_);
  if (!request.id_in_use) command_ids_.set(request.entry.command_id);
  Outcome outcome = refused(request.transfer.status);
  if (request.transfer.status == 0) {
    const bool has_data = co_await get_data(request);
    if (ending_ && !has_data) {
      requests_.release(request);
      co_return;
    }
    if (request.digest_wrong) {
      outcome = {.result = 0, .status = transient_transport_error, .do_not_retry = false, .cause = {}};
    } else if (!has_data) {
      outcome = {.result = 0, .status = fabrics::status::internal_error, .do_not_retry = false, .cause = {}};
    } else {
      outcome = co_await carry_out(request);
    }
  }
  count(request, outcome);
  co_await respond(request, std::move(outcome));
  requests_.release(request);
  if (closes_) shut_down();
}

/// Room for the data, and the data itself where the host is to send it. False: there is none.
Task<bool> Queue::get_data(Request& request) {
  if (request.path == DataPath::none || request.path == DataPath::in_capsule) co_return true;
  if (controller_ != nullptr) {
    const std::uint32_t buffer_bytes = subsystem_.memory().buffer_bytes(request.transfer.length_bytes);
    request.portion = co_await controller_->memory().acquire(buffer_bytes);
  }
  request.loan = co_await subsystem_.memory().acquire(request.transfer.length_bytes);
  if (!request.loan || ending_) co_return false;
  request.data = request.loan.first(request.transfer.length_bytes);
  if (request.path != DataPath::asked_for) co_return true;
  request.awaits_data = true;
  request.asked_ms = subsystem_.now_ms();
  const fabrics::EncodedPdu ready =
      fabrics::encode(fabrics::ReadyToTransfer{.command_id = request.entry.command_id,
                                               .transfer_tag = request.tag,
                                               .offset_bytes = 0,
                                               .length_bytes = request.transfer.length_bytes},
                      stream_.sent_format());
  const int sent = co_await stream_.send(ready);
  if (sent != 0) co_return false;
  co_await request.arrived;
  co_return request.received_bytes == request.transfer.length_bytes;
}

Task<Outcome> Queue::carry_out(Request& request) {
  const nvme::Command& command = request.entry.command;
  if (is_fabrics(command)) {
    Outcome done = co_await carry_out_fabrics(request);
    co_return done;
  }
  if (!is_admin()) {
    Outcome done = co_await carry_out_io(request);
    co_return done;
  }
  if (command.opcode == static_cast<std::uint8_t>(fabrics::AdminOpcode::asynchronous_event_request)) {
    co_return refused(fabrics::status::asynchronous_event_limit_exceeded);
  }
  if (request.path == DataPath::returned) std::fill(request.data.begin(), request.data.end(), std::byte{0});
  co_return carry_out_admin(command, request.data, *controller_, subsystem_);
}

Task<Outcome> Queue::carry_out_io(Request& request) {
  const nvme::Command& command = request.entry.command;
  if (flushes_all(command)) {
    Outcome done = co_await subsystem_.flush_all();
    co_return done;
  }
  Namespace* const space = subsystem_.find_namespace(command.nsid);
  const IoRequest io{.command = command,
                     .data = request.data,
                     .controller = controller_->id(),
                     .peers = subsystem_.namespaces(),
                     .cancel = &cancel_,
                     .copy_formats = copy_formats};
  Outcome outcome = co_await space->carry_out(io);
  if (!outcome.cause.empty()) subsystem_.log(fmt::format("namespace {}: {}", command.nsid, outcome.cause));
  co_return outcome;
}

Task<Outcome> Queue::carry_out_fabrics(Request& request) {
  const nvme::Command& command = request.entry.command;
  switch (static_cast<FabricsType>(fabrics::fabrics_type(command))) {
    case FabricsType::connect: {
      Outcome done = co_await connect_this(request);
      co_return done;
    }
    case FabricsType::property_get: co_return get_property(command, *controller_);
    case FabricsType::property_set: {
      Outcome done = co_await set_property(command, *controller_, subsystem_);
      co_return done;
    }
    case FabricsType::disconnect:
      if (is_admin()) co_return refused(fabrics::status::invalid_queue_type);
      closes_ = true;
      co_return Outcome{};
    case FabricsType::authentication_send:
    case FabricsType::authentication_receive: co_return authenticate(request);
  }
  co_return refused(fabrics::status::invalid_opcode);
}

Task<Outcome> Queue::connect_this(Request& request) {
  const ConnectOutcome connected = co_await connect(request.entry.command, request.data, subsystem_, *this);
  if (connected.controller == nullptr) co_return connected.outcome;
  controller_ = connected.controller;
  controller_->note_sign_of_life();
  queue_id_ = connected.parameters.queue_id;
  entries_ = connected.parameters.queue_size + 1U;
  head_ = 1 % entries_;
  sq_flow_control_ = (connected.parameters.attributes & fabrics::connect_no_sq_flow_control) == 0;
  requests_.grow(entries_);
  const AuthenticationFactory& factory = subsystem_.options().authenticate;
  if (factory) authentication_ = factory(controller_->host(), queue_id_);
  Outcome outcome = connected.outcome;
  if (authentication_) outcome.result |= fabrics::connect_authentication_required;
  if (is_admin()) {
    subsystem_.log(fmt::format("host {}: connected from {} to {}, controller {}",
                               one_line(controller_->host().host_nqn), stream_.peer_name(),
                               controller_->host().subsystem_nqn, controller_->id()));
  }
  co_return outcome;
}

Outcome Queue::authenticate(Request& request) {
  const auto type = static_cast<FabricsType>(fabrics::fabrics_type(request.entry.command));
  nvme::StatusCode status = 0;
  if (type == FabricsType::authentication_send) {
    status = authentication_->take(request.data);
  } else {
    std::fill(request.data.begin(), request.data.end(), std::byte{0});
    status = authentication_->give(request.data);
  }
  if (authentication_->failed()) {
    ++subsystem_.counters().hosts_refused;
    closes_ = true;
  }
  return status == 0 ? Outcome{} : refused(status);
}

std::uint16_t Queue::sq_head() const {
  constexpr std::uint16_t no_flow_control = 0xffff;
  return sq_flow_control_ ? static_cast<std::uint16_t>(head_) : no_flow_control;
}

Task<void> Queue::respond(Request& request, Outcome outcome) {
  const std::uint16_t command_id = request.entry.command_id;
  const bool returns_data = outcome.status == 0 && request.path == DataPath::returned;
  // Where the host keeps no account of the queue's head, and there is no result, data that has come is all that a
  // response would say.
  const bool no_response = returns_data && !sq_flow_control_ && outcome.result == 0;
  if (!request.id_in_use) command_ids_.reset(command_id);
  --outstanding_;
  if (returns_data) {
    subsystem_.counters().bytes_to_hosts += request.data.size();
    const fabrics::EncodedPdu header = fabrics::encode(fabrics::DataPdu{.command_id = command_id,
                                                                        .transfer_tag = 0,
                                                                        .offset_bytes = 0,
                                                                        .length_bytes = request.transfer.length_bytes,
                                                                        .last = true,
                                                                        .success = no_response},
                                                       fabrics::Side::controller, stream_.sent_format());
    const int sent = co_await stream_.send(header, request.data);
    if (sent != 0 || no_response) co_return;
  }
  const fabrics::EncodedPdu response = fabrics::encode(fabrics::CompletionEntry{.result = outcome.result,
                                                                                .sq_head = sq_head(),
                                                                                .sq_id = 0,
                                                                                .command_id = command_id,
                                                                                .status = outcome.status,
                                                                                .do_not_retry = outcome.do_not_retry},
                                                       stream_.sent_format());
  co_await stream_.send(response);
}

void Queue::count(const Request& request, const Outcome& outcome) {
  Statistics& counters = subsystem_.counters();
  if (outcome.status != 0) {
    ++counters.failed_commands;
  } else if (is_admin() || is_fabrics(request.entry.command)) {
    ++counters.admin_commands;
  } else {
    count_io(counters, request.entry.command.opcode, request.transfer.length_bytes);
  }
}

}  // namespace zonecopy::target
