#include "src/target/controller.h"

namespace zonecopy::target {
namespace {

namespace fabrics = nvme::fabrics;

constexpr std::uint32_t ready_timeout_ms = 10'000;
constexpr std::uint8_t submission_entry_shift = 6;
constexpr std::uint8_t completion_entry_shift = 4;

}  // namespace

Controller::Controller(ControllerFacts facts)
    : io_queues(facts.io_queues_max), facts_(std::move(facts)), memory_(facts_.memory_bytes) {}

std::uint64_t Controller::capabilities() const {
  const bool io = facts_.kind == ControllerKind::io;
  fabrics::Capabilities capabilities;
  capabilities.queue_entries_max = facts_.queue_entries_max;
  capabilities.ready_timeout_ms = ready_timeout_ms;
  capabilities.nvm_command_set = true;
  capabilities.several_command_sets = io;
  return fabrics::encode_capabilities(capabilities);
}

bool Controller::valid(const fabrics::Configuration& configuration) const {
  if (configuration.page_size_shift != 0 || configuration.arbitration != 0) return false;
  if (configuration.shutdown > static_cast<std::uint8_t>(fabrics::Shutdown::abrupt)) return false;
  if (facts_.kind == ControllerKind::discovery) return true;
  // Entry sizes are only of the I/O queues, so a host that has none yet may leave them out.
  const bool sizes_fit =
      (configuration.submission_entry_shift == submission_entry_shift || configuration.submission_entry_shift == 0) &&
      (configuration.completion_entry_shift == completion_entry_shift || configuration.completion_entry_shift == 0);
  const bool sets_fit = configuration.command_sets == fabrics::command_sets_nvm ||
                        configuration.command_sets == fabrics::command_sets_all ||
                        configuration.command_sets == fabrics::command_sets_none;
  return sizes_fit && sets_fit;
}

std::optional<Controller::Change> Controller::configure(std::uint32_t value) {
  const fabrics::Configuration before = fabrics::decode_configuration(configuration_);
  const fabrics::Configuration now = fabrics::decode_configuration(value);
  if (now.enabled && !valid(now)) return std::nullopt;
  configuration_ = value;
  if (now.shutdown != 0 && before.shutdown == 0) {
    status_.shutdown = fabrics::ShutdownStatus::under_way;
    return Change::shut_down;
  }
  if (before.enabled && !now.enabled) {
    disabling_ = true;
    return Change::disable;
  }
  if (!before.enabled && now.enabled) {
    status_ = {.ready = true};
    return Change::enable;
  }
  return Change::none;
}

void Controller::disabled() {
  disabling_ = false;
  status_.ready = false;
  status_.shutdown = fabrics::ShutdownStatus::none;
  asynchronous_event_configuration = 0;
  io_queues = facts_.io_queues_max;
  host_behavior = {};
}

void Controller::shut_down_complete() { status_.shutdown = fabrics::ShutdownStatus::complete; }

bool Controller::silent_for_too_long(std::int64_t now_ms) {
  if (heard_) {
    heard_ = false;
    last_heard_ms_ = now_ms;
  }
  return facts_.keep_alive_ms != 0 && now_ms - last_heard_ms_ > facts_.keep_alive_ms;
}

void Controller::attach(std::uint16_t queue_id, QueueHandle& queue) {
  queues_[queue_id] = &queue;
  if (queue_id != 0) io_queues_.enter();
}

void Controller::detach(std::uint16_t queue_id) {
  if (queues_.erase(queue_id) != 0 && queue_id != 0) io_queues_.leave();
}

QueueHandle* Controller::queue(std::uint16_t queue_id) const {
  const auto found = queues_.find(queue_id);
  return found == queues_.end() ? nullptr : found->second;
}

void Controller::shut_down_io_queues() {
  for (const auto& [id, queue] : queues_) {
    if (id != 0) queue->shut_down();
  }
}

}  // namespace zonecopy::target
