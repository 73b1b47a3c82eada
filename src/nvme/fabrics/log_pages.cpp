#include "src/nvme/fabrics/log_pages.h"

#include "src/base/endian.h"
#include "src/nvme/fabrics/admin.h"

namespace zonecopy::nvme::fabrics {
namespace {

constexpr std::size_t effects_io_offset = 1024;
constexpr std::size_t effects_entry_bytes = 4;
constexpr std::uint32_t effects_supported = 1U << 0;
constexpr std::uint32_t effects_content = 1U << 1;

// SMART / health information.
constexpr std::size_t offset_temperature = 1;
constexpr std::size_t offset_available_spare = 3;
constexpr std::size_t offset_units_read = 32;
constexpr std::size_t offset_units_written = 48;
constexpr std::size_t offset_read_commands = 64;
constexpr std::size_t offset_write_commands = 80;
constexpr std::size_t offset_power_on_hours = 128;
constexpr std::uint64_t unit_bytes = 512 * 1000;  // "thousands of 512 byte data units"
constexpr std::uint16_t no_temperature_kelvin = 273;

constexpr std::size_t offset_revision_1 = 8;

std::uint32_t field_of(const CommandEffects& effects) {
  return (effects.supported ? effects_supported : 0) | (effects.changes_content ? effects_content : 0);
}

CommandEffects effects_of(std::uint32_t field) {
  return {(field & effects_supported) != 0, (field & effects_content) != 0};
}

std::uint64_t units(std::uint64_t bytes) { return bytes / unit_bytes + (bytes % unit_bytes != 0 ? 1 : 0); }

}  // namespace

LogRequest decode_log_request(const Command& command) {
  LogRequest request;
  request.log = static_cast<std::uint8_t>(command.cdw10);
  request.command_set = static_cast<std::uint8_t>(command.cdw14 >> 24);
  request.length_bytes = (std::uint64_t{command.cdw10 >> 16 | command.cdw11 << 16} + 1) * 4;
  request.offset_bytes = command.cdw12 | std::uint64_t{command.cdw13} << 32;
  request.offset_is_index = (command.cdw14 & 1U << 23) != 0;
  return request;
}

Command get_log_page(std::uint8_t log, std::uint8_t command_set, std::uint32_t length_bytes,
                     std::uint64_t offset_bytes) {
  const std::uint32_t dwords = length_bytes / 4 - 1;
  Command command;
  command.opcode = static_cast<std::uint8_t>(AdminOpcode::get_log_page);
  command.nsid = all_namespaces;
  command.data_len = length_bytes;
  command.cdw10 = log | dwords << 16;
  command.cdw11 = dwords >> 16;
  command.cdw12 = static_cast<std::uint32_t>(offset_bytes);
  command.cdw13 = static_cast<std::uint32_t>(offset_bytes >> 32);
  command.cdw14 = std::uint32_t{command_set} << 24;
  return command;
}

void encode_effects_log(const EffectsLog& log, std::span<std::byte> data) {
  for (std::size_t opcode = 0; opcode < log.admin.size(); ++opcode) {
    put_little_endian<std::uint32_t>(data, opcode * effects_entry_bytes, field_of(log.admin.at(opcode)));
    put_little_endian<std::uint32_t>(data, effects_io_offset + opcode * effects_entry_bytes,
                                     field_of(log.io.at(opcode)));
  }
}

EffectsLog decode_effects_log(std::span<const std::byte> data) {
  EffectsLog log;
  for (std::size_t opcode = 0; opcode < log.admin.size(); ++opcode) {
    const std::size_t offset = opcode * effects_entry_bytes;
    log.admin.at(opcode) = effects_of(little_endian<std::uint32_t>(data, offset));
    log.io.at(opcode) = effects_of(little_endian<std::uint32_t>(data, effects_io_offset + offset));
  }
  return log;
}

void encode_health_log(const Health& health, std::span<std::byte> data) {
  put_little_endian<std::uint16_t>(data, offset_temperature, no_temperature_kelvin);
  data[offset_available_spare] = std::byte{100};
  put_little_endian<std::uint64_t>(data, offset_units_read, units(health.read_bytes));
  put_little_endian<std::uint64_t>(data, offset_units_written, units(health.written_bytes));
  put_little_endian<std::uint64_t>(data, offset_read_commands, health.read_commands);
  put_little_endian<std::uint64_t>(data, offset_write_commands, health.write_commands);
  put_little_endian<std::uint64_t>(data, offset_power_on_hours, health.power_on_hours);
}

void encode_firmware_log(std::string_view revision, std::span<std::byte> data) {
  data[0] = std::byte{1};
  for (std::size_t i = 0; i < 8; ++i) {
    data[offset_revision_1 + i] = static_cast<std::byte>(i < revision.size() ? revision[i] : ' ');
  }
}

}  // namespace zonecopy::nvme::fabrics
