// Get Features and Set Features (NVMe Base 2.0, 5.15 and 5.27).
#include <algorithm>

#include "src/target/admin.h"

namespace zonecopy::target {
namespace {

namespace fabrics = nvme::fabrics;

enum Feature : std::uint8_t {
  arbitration = 0x01,
  power_management = 0x02,
  temperature_threshold = 0x04,
  error_recovery = 0x05,
  volatile_write_cache = 0x06,
  number_of_queues = 0x07,
  write_atomicity = 0x0a,
  asynchronous_event_configuration = 0x0b,
  keep_alive_timer = 0x0f,
  host_behavior = 0x16,
  command_set_profile = 0x19,
  host_identifier = 0x81,
};

constexpr std::uint32_t host_id_extended = 1;  // EXHID: 16 bytes rather than 8
constexpr std::uint32_t save = 1U << 31;       // SV

Outcome value(std::uint64_t result) { return {.result = result, .status = 0, .do_not_retry = false, .cause = {}}; }

std::uint64_t queue_counts(std::uint16_t queues) {
  const auto zero_based = static_cast<std::uint16_t>(queues - 1);
  return zero_based | std::uint32_t{zero_based} << 16;
}

/// Whether a discovery controller has it.
bool of_discovery(std::uint8_t feature) {
  return feature == asynchronous_event_configuration || feature == keep_alive_timer;
}

/// NSQR and NCQR ask for queues; the result is how many there are.
Outcome set_queues(const nvme::Command& command, Controller& controller) {
  constexpr std::uint32_t all_ones = 0xffff;
  const std::uint32_t submission = command.cdw11 & 0xffffU;
  const std::uint32_t completion = command.cdw11 >> 16;
  if (submission == all_ones || completion == all_ones) return refused(fabrics::status::invalid_field);
  const std::uint32_t wanted = std::min(submission, completion) + 1;
  controller.io_queues = static_cast<std::uint16_t>(std::min<std::uint32_t>(wanted, controller.io_queues));
  return value(queue_counts(controller.io_queues));
}

}  // namespace

std::uint32_t feature_data_bytes(const nvme::Command& command) {
  const auto feature = static_cast<std::uint8_t>(command.cdw10);
  if (feature == host_behavior) return nvme::host_behavior_size_bytes;
  if (feature == host_identifier) return (command.cdw11 & host_id_extended) != 0 ? 16 : 8;
  return 0;
}

Outcome get_feature(const nvme::Command& command, std::span<std::byte> data, const Controller& controller) {
  const auto feature = static_cast<std::uint8_t>(command.cdw10);
  if (controller.kind() == ControllerKind::discovery && !of_discovery(feature)) {
    return refused(fabrics::status::invalid_field);
  }
  switch (feature) {
    // These have one value here, 0: what they would change does not exist.
    case arbitration:
    case power_management:
    case temperature_threshold:
    case error_recovery:
    case write_atomicity:
    case command_set_profile: return {};
    case volatile_write_cache: return value(1);
    case number_of_queues: return value(queue_counts(controller.io_queues));
    case asynchronous_event_configuration: return value(controller.asynchronous_event_configuration);
    case keep_alive_timer: return value(controller.keep_alive_ms());
    case host_behavior: std::copy_n(controller.host_behavior.begin(), data.size(), data.begin()); return {};
    case host_identifier: std::copy_n(controller.host().host_id.begin(), data.size(), data.begin()); return {};
    default: return refused(fabrics::status::invalid_field);
  }
}

Outcome set_feature(const nvme::Command& command, std::span<const std::byte> data, Controller& controller) {
  const auto feature = static_cast<std::uint8_t>(command.cdw10);
  if ((command.cdw10 & save) != 0) return refused(fabrics::status::feature_not_saveable);
  if (controller.kind() == ControllerKind::discovery && !of_discovery(feature)) {
    return refused(fabrics::status::invalid_field);
  }
  switch (feature) {
    case number_of_queues: return set_queues(command, controller);
    case asynchronous_event_configuration: controller.asynchronous_event_configuration = command.cdw11; return {};
    case keep_alive_timer: controller.set_keep_alive_ms(command.cdw11); return {};
    case host_behavior: std::copy_n(data.begin(), data.size(), controller.host_behavior.begin()); return {};
    case command_set_profile:
      return (command.cdw11 & 0x1ffU) == 0 ? Outcome{} : refused(fabrics::status::invalid_field);
    case volatile_write_cache:
      return (command.cdw11 & 1U) == 1 ? Outcome{} : refused(fabrics::status::feature_not_changeable);
    case arbitration:
    case power_management:
    case temperature_threshold:
    case error_recovery:
    case write_atomicity: return refused(fabrics::status::feature_not_changeable);
    case host_identifier: return refused(fabrics::status::command_sequence_error);  // Connect has set it
    default: return refused(fabrics::status::invalid_field);
  }
}

}  // namespace zonecopy::target
