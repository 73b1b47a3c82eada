#include "src/nvme/fabrics/properties.h"

#include "src/nvme/fabrics/admin.h"

namespace zonecopy::nvme::fabrics {
namespace {

constexpr std::uint32_t ready_timeout_unit_ms = 500;
constexpr unsigned cap_contiguous_queues = 16;  // CQR, which is 1 on fabrics
constexpr unsigned cap_timeout = 24;
constexpr unsigned cap_command_sets = 37;
constexpr unsigned css_nvm = 0;
constexpr unsigned css_several = 6;
constexpr unsigned css_none = 7;

constexpr std::uint64_t bit(unsigned position) { return std::uint64_t{1} << position; }
constexpr bool has_bit(std::uint64_t value, unsigned position) { return (value & bit(position)) != 0; }
constexpr std::uint8_t bits(std::uint32_t value, unsigned position, unsigned count) {
  return static_cast<std::uint8_t>(value >> position & ((1U << count) - 1));
}

}  // namespace

std::uint64_t encode_capabilities(const Capabilities& capabilities) {
  std::uint64_t value = (capabilities.queue_entries_max - 1) & 0xffffU;
  value |= bit(cap_contiguous_queues);
  value |= std::uint64_t{capabilities.ready_timeout_ms / ready_timeout_unit_ms & 0xffU} << cap_timeout;
  if (capabilities.nvm_command_set) value |= bit(cap_command_sets + css_nvm);
  if (capabilities.several_command_sets) value |= bit(cap_command_sets + css_several);
  if (capabilities.no_io_command_set) value |= bit(cap_command_sets + css_none);
  return value;
}

Capabilities decode_capabilities(std::uint64_t value) {
  Capabilities capabilities;
  capabilities.queue_entries_max = static_cast<std::uint32_t>(value & 0xffffU) + 1;
  capabilities.ready_timeout_ms = static_cast<std::uint32_t>(value >> cap_timeout & 0xffU) * ready_timeout_unit_ms;
  capabilities.nvm_command_set = has_bit(value, cap_command_sets + css_nvm);
  capabilities.several_command_sets = has_bit(value, cap_command_sets + css_several);
  capabilities.no_io_command_set = has_bit(value, cap_command_sets + css_none);
  return capabilities;
}

std::uint32_t encode_configuration(const Configuration& configuration) {
  return (configuration.enabled ? 1U : 0U) | std::uint32_t{configuration.command_sets} << 4 |
         std::uint32_t{configuration.page_size_shift} << 7 | std::uint32_t{configuration.arbitration} << 11 |
         std::uint32_t{configuration.shutdown} << 14 | std::uint32_t{configuration.submission_entry_shift} << 16 |
         std::uint32_t{configuration.completion_entry_shift} << 20;
}

Configuration decode_configuration(std::uint32_t value) {
  Configuration configuration;
  configuration.enabled = bits(value, 0, 1) != 0;
  configuration.command_sets = bits(value, 4, 3);
  configuration.page_size_shift = bits(value, 7, 4);
  configuration.arbitration = bits(value, 11, 3);
  configuration.shutdown = bits(value, 14, 2);
  configuration.submission_entry_shift = bits(value, 16, 4);
  configuration.completion_entry_shift = bits(value, 20, 4);
  return configuration;
}

std::uint32_t encode_status(const ControllerStatus& status) {
  return (status.ready ? 1U : 0U) | (status.fatal ? 2U : 0U) | static_cast<std::uint32_t>(status.shutdown) << 2;
}

ControllerStatus decode_status(std::uint32_t value) {
  ControllerStatus status;
  status.ready = bits(value, 0, 1) != 0;
  status.fatal = bits(value, 1, 1) != 0;
  status.shutdown = static_cast<ShutdownStatus>(bits(value, 2, 2));
  return status;
}

PropertyAccess decode_property_access(const Command& command) {
  const std::uint8_t size = bits(command.cdw10, 0, 3);
  PropertyAccess access;
  access.offset_bytes = command.cdw11;
  access.of_8_bytes = size == 1;
  access.size_valid = size <= 1;
  access.value = command.cdw12 | std::uint64_t{command.cdw13} << 32;
  return access;
}

Command property_get(std::uint32_t offset_bytes, bool of_8_bytes) {
  Command command;
  command.opcode = static_cast<std::uint8_t>(AdminOpcode::fabrics);
  command.nsid = static_cast<std::uint8_t>(FabricsType::property_get);
  command.cdw10 = of_8_bytes ? 1 : 0;
  command.cdw11 = offset_bytes;
  return command;
}

Command property_set(std::uint32_t offset_bytes, std::uint32_t value) {
  Command command;
  command.opcode = static_cast<std::uint8_t>(AdminOpcode::fabrics);
  command.nsid = static_cast<std::uint8_t>(FabricsType::property_set);
  command.cdw11 = offset_bytes;
  command.cdw12 = value;
  return command;
}

}  // namespace zonecopy::nvme::fabrics
