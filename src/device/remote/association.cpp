// How a controller comes to life (NVMe Base 2.0, 3.5.2), and what follows from its fields. association_end.cpp has what
// keeps it alive, and its end.
#include "src/device/remote/association.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "src/device/remote/authentication.h"
#include "src/nvme/fabrics/admin.h"
#include "src/nvme/host_behavior.h"
#include "src/nvme/status.h"
#include "src/uring/sleep_until.h"

namespace zonecopy::remote {
namespace {

namespace fabrics = nvme::fabrics;
using nvme::Command;
using nvme::Completion;

constexpr std::uint32_t admin_commands_at_once = 15;
constexpr std::uint32_t admin_command_max_bytes = 4096;
constexpr std::uint32_t io_command_max_bytes = 1U << 20;
constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t poll_interval_ms = 10;
constexpr std::uint8_t feature_number_of_queues = 0x07;
constexpr std::uint32_t queues_asked_for = 1;
constexpr std::uint8_t submission_entry_shift = 6;  // 64 bytes
constexpr std::uint8_t completion_entry_shift = 4;  // 16 bytes
constexpr std::uint64_t sgls_supported = 3;         // SGLS bits 1:0

/// What the status codes of Connect mean, which mean other things elsewhere.
Error refused(const Completion& completion, const AssociationOptions& options) {
  if (completion.result <= 0) return nvme::make_error(completion.result, "Connect");
  const nvme::StatusCode code = nvme::status_code(completion.result);
  const bool about_subsystem = (completion.value & 0xffffffffU) == fabrics::offence_subsystem_nqn.result();
  Error error(EIO, "Connect", "the target refuses it");
  if (code == fabrics::status::connect_invalid_host) {
    error = Error(EACCES, "Connect",
                  fmt::format("the target does not let this host in, whose NQN is {}", options.host_nqn));
  } else if (code == fabrics::status::connect_invalid_parameters && about_subsystem) {
    error = Error(ENOENT, "Connect", fmt::format("the target has no subsystem {}", options.subsystem_nqn));
  } else if (code == fabrics::status::connect_invalid_parameters) {
    error = Error(EIO, "Connect", "the target says that a parameter is invalid");
  } else if (code == fabrics::status::connect_controller_busy) {
    error = Error(EBUSY, "Connect", "the target has no room for another controller or queue");
  }
  return error.with_nvme_status(code);
}

}  // namespace

Association::Association(EventLoop& loop, Dialer& dialer, const AssociationOptions& options)
    : loop_(loop), dialer_(dialer), options_(options), identify_(nvme::identify_size_bytes) {}

Error Association::make_error(const Completion& completion, const char* operation) const {
  if (completion.result == result_lost) {
    // Whoever watches the connection may not have run yet.
    if (reason_) return *reason_;
    for (const std::unique_ptr<Connection>& connection : {std::cref(io_), std::cref(admin_)}) {
      if (connection && connection->reason()) return *connection->reason();
    }
    return Error(ENOTCONN, operation, "the connection was lost");
  }
  Error error = nvme::make_error(completion.result, operation);
  if (!completion.detail.empty()) error = Error(error.code(), operation, completion.detail);
  return error;
}

Task<Status> Association::open() {
  const Status admin_connected = co_await connect_queue(0);
  if (!admin_connected) co_return admin_connected;
  const Status enabled = co_await enable();
  if (!enabled) co_return enabled;
  const Status identified = co_await identify();
  if (!identified) co_return identified;
  const Status granted = co_await ask_for_queues();
  if (!granted) co_return granted;
  co_await enable_copy_across();
  const Status io_connected = co_await connect_queue(1);
  if (!io_connected) co_return io_connected;
  io_->set_capsule_data_max(controller_.capsule_bytes - static_cast<std::uint32_t>(fabrics::submission_entry_bytes));
  loop_.spawn(keep_alive());
  co_return Status();
}

/// How many commands an I/O queue takes at once. Its ring has one place more, which always stays empty.
std::uint32_t Association::commands_at_once() const {
  std::uint32_t commands = std::min({options_.queue_depth, commands_at_once_max, capabilities_.queue_entries_max - 1});
  if (controller_.max_commands != 0) commands = std::min<std::uint32_t>(commands, controller_.max_commands);
  return std::max(commands, 1U);
}

Task<Status> Association::connect_queue(std::uint16_t queue_id) {
  Result<FileDescriptor> socket = co_await dialer_.dial();
  if (!socket) co_return socket.error();
  if (reason_) co_return *reason_;
  const bool is_admin = queue_id == 0;
  Connection::Options options;
  options.digests = options_.digests;
  options.commands_at_once = is_admin ? admin_commands_at_once : commands_at_once();
  options.command_max_bytes = is_admin ? admin_command_max_bytes : io_command_max_bytes;
  std::unique_ptr<Connection>& place = is_admin ? admin_ : io_;
  place = std::make_unique<Connection>(loop_, std::move(*socket), options);
  Connection& connection = *place;
  loop_.spawn(watch(connection));
  const Status initialized = co_await connection.initialize();
  if (!initialized) co_return initialized;
  const Result<std::uint64_t> connected = co_await connect_command(connection, queue_id, options.commands_at_once);
  if (!connected) co_return connected.error();
  const Status proven = co_await authenticate(connection, *connected, options_.secrets.get(), queue_id);
  if (!proven) co_return proven;
  const auto controller_id = static_cast<std::uint16_t>(*connected);
  if (!is_admin && controller_id != controller_id_) {
    co_return Error(EPROTO, "Connect", "the I/O queue belongs to another controller than the admin queue");
  }
  controller_id_ = controller_id;
  co_return Status();
}

Task<Result<std::uint64_t>> Association::connect_command(Connection& connection, std::uint16_t queue_id,
                                                         std::uint32_t commands_at_once) {
  fabrics::ConnectParameters parameters;
  parameters.queue_id = queue_id;
  parameters.queue_size = static_cast<std::uint16_t>(commands_at_once);
  // No more commands are ever sent than the queue has places, so responses need not tell its head; then data can come
  // without a response of its own.
  parameters.attributes = fabrics::connect_no_sq_flow_control;
  if (queue_id == 0) parameters.keep_alive_ms = options_.keep_alive_ms;
  fabrics::ConnectData names;
  names.host_id = options_.host_id;
  names.controller_id = controller_id_;
  names.subsystem_nqn = options_.subsystem_nqn;
  names.host_nqn = options_.host_nqn;
  std::array<std::byte, fabrics::connect_data_bytes> data = fabrics::encode_connect_data(names);
  Command command = fabrics::connect_command(parameters);
  command.addr = reinterpret_cast<std::uintptr_t>(data.data());
  command.data_len = static_cast<std::uint32_t>(data.size());
  const Completion completion = co_await connection.submit(command);
  if (completion.result == 0) co_return completion.value;
  if (completion.result == result_lost) co_return make_error(completion, "Connect");
  co_return refused(completion, options_);
}

Task<Result<std::uint64_t>> Association::get_property(std::uint32_t offset_bytes, bool of_8_bytes) {
  const Command command = fabrics::property_get(offset_bytes, of_8_bytes);
  const Completion completion = co_await admin_->submit(command);
  if (completion.result != 0) co_return make_error(completion, "Property Get");
  co_return completion.value;
}

Task<Status> Association::set_configuration(fabrics::Configuration configuration) {
  configuration_ = configuration;
  const Command command =
      fabrics::property_set(fabrics::property_configuration, fabrics::encode_configuration(configuration));
  const Completion completion = co_await admin_->submit(command);
  if (completion.result != 0) co_return make_error(completion, "Property Set");
  co_return Status();
}

/// Waits until CSTS.RDY is as told.
Task<Status> Association::wait_ready(bool ready, std::int64_t limit_ms) {
  const std::int64_t limit_ns = monotonic_now_ns() + limit_ms * ns_per_ms;
  while (true) {
    const Result<std::uint64_t> value = co_await get_property(fabrics::property_status, false);
    if (!value) co_return value.error();
    const fabrics::ControllerStatus status = fabrics::decode_status(static_cast<std::uint32_t>(*value));
    if (status.ready == ready) co_return Status();
    if (status.fatal) co_return Error(EIO, "Property Get", "the controller has failed (CSTS.CFS)");
    const std::int64_t now_ns = monotonic_now_ns();
    if (now_ns >= limit_ns) {
      co_return Error(ETIMEDOUT, "Property Get", "the controller does not become ready, or does not stop (CSTS.RDY)");
    }
    co_await sleep_until(loop_, now_ns + poll_interval_ms * ns_per_ms, nullptr);
  }
}

Task<Status> Association::enable() {
  const Result<std::uint64_t> capabilities = co_await get_property(fabrics::property_capabilities, true);
  if (!capabilities) co_return capabilities.error();
  capabilities_ = fabrics::decode_capabilities(*capabilities);
  if (!capabilities_.several_command_sets) {
    co_return Error(EOPNOTSUPP, "connect", "the controller has no zoned namespaces (CAP.CSS)");
  }
  if (capabilities_.queue_entries_max < 2) co_return Error(EPROTO, "connect", "its queues have no room (CAP.MQES)");
  fabrics::Configuration configuration;
  configuration.enabled = true;
  configuration.command_sets = fabrics::command_sets_all;
  configuration.submission_entry_shift = submission_entry_shift;
  configuration.completion_entry_shift = completion_entry_shift;
  const Status set = co_await set_configuration(configuration);
  if (!set) co_return set;
  const std::int64_t limit_ms = std::max(capabilities_.ready_timeout_ms, 500U);
  const Status ready = co_await wait_ready(true, limit_ms);
  co_return ready;
}

Task<Status> Association::identify() {
  const Result<Command> command = nvme::identify(0, nvme::cns_controller, 0, identify_.span());
  if (!command) co_return command.error();
  const Completion completion = co_await admin_->submit(*command);
  if (completion.result != 0) co_return make_error(completion, "identify");
  controller_ = fabrics::decode_fabrics_controller(identify_.span());
  const char* wrong = nullptr;
  if (controller_.controller_id != controller_id_) wrong = "CNTLID is not that of the answer to Connect";
  if (controller_.capsule_bytes < fabrics::submission_entry_bytes) wrong = "IOCCSZ has no room for a command";
  if (controller_.response_capsule_bytes < fabrics::completion_entry_bytes) wrong = "IORCSZ has no room for a response";
  if (controller_.capsule_data_offset_bytes != 0) wrong = "ICDOFF is not 0";
  if ((controller_.sgl_support & sgls_supported) == 0) wrong = "SGLS: it takes no SGLs";
  if (wrong != nullptr) co_return Error(EPROTO, "identify", fmt::format("the controller cannot be used: {}", wrong));
  co_return Status();
}

Task<Status> Association::ask_for_queues() {
  Command command;
  command.opcode = static_cast<std::uint8_t>(nvme::Opcode::set_features);
  command.cdw10 = feature_number_of_queues;
  command.cdw11 = (queues_asked_for - 1) << 16 | (queues_asked_for - 1);  // 0-based: completion and submission queues
  const Completion completion = co_await admin_->submit(command);
  if (completion.result != 0) co_return make_error(completion, "set features");
  co_return Status();
}

/// Every association has a controller of its own, so nobody else is concerned, and nothing has to be put back.
Task<void> Association::enable_copy_across() {
  if (!options_.copy_across) co_return;
  const nvme::Controller facts = nvme::decode_controller(identify_.span());
  if (!nvme::has_format(facts.copy_formats, nvme::CopyFormat::across)) co_return;  // why_no_copy_across() says so
  std::array<std::byte, nvme::host_behavior_size_bytes> data{};
  const Command get = nvme::get_features(nvme::feature_host_behavior, data);
  const Completion got = co_await admin_->submit(get);
  nvme::enable_copy_format(data, nvme::CopyFormat::across, true);
  const Command set = nvme::set_features(nvme::feature_host_behavior, data);
  Completion done = got;
  if (got.result == 0) done = co_await admin_->submit(set);
  if (done.result == 0) {
    copy_across_objection_.clear();
  } else {
    copy_across_objection_ = fmt::format("the controller does not enable Copy across namespaces ({})",
                                         make_error(done, "feature 16h").to_string());
  }
}

Task<Completion> Association::admin(Command command) {
  const GatePass pass(work_);
  Completion completion = co_await admin_->submit(command);
  co_return completion;
}

Task<Completion> Association::io(Command command) {
  const GatePass pass(work_);
  Completion completion = co_await io_->submit(command);
  co_return completion;
}

}  // namespace zonecopy::remote
