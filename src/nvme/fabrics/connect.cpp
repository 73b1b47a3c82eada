#include "src/nvme/fabrics/connect.h"

#include <algorithm>
#include <cstring>

#include "src/base/endian.h"
#include "src/nvme/fabrics/admin.h"
#include "src/nvme/fabrics/nqn.h"

namespace zonecopy::nvme::fabrics {
namespace {

constexpr std::size_t offset_controller_id = 16;
constexpr std::size_t offset_subsystem_nqn = 256;
constexpr std::size_t offset_host_nqn = 512;

void put_name(std::span<std::byte> bytes, std::size_t offset, const std::string& name) {
  std::memcpy(bytes.data() + offset, name.data(), std::min(name.size(), nqn_field_bytes - 1));
}

/// The text up to its null byte; nothing where there is no text, no end, or more than a name may have.
std::optional<std::string> name_at(std::span<const std::byte> bytes, std::size_t offset) {
  const std::span<const std::byte> field = bytes.subspan(offset, nqn_field_bytes);
  const auto end = std::find(field.begin(), field.end(), std::byte{0});
  const auto length = static_cast<std::size_t>(end - field.begin());
  if (length == 0 || length > nqn_max_bytes) return std::nullopt;
  std::string name(length, '\0');
  std::memcpy(name.data(), field.data(), length);
  return name;
}

}  // namespace

ConnectParameters decode_connect_parameters(const Command& command) {
  ConnectParameters parameters;
  parameters.record_format = static_cast<std::uint16_t>(command.cdw10);
  parameters.queue_id = static_cast<std::uint16_t>(command.cdw10 >> 16);
  parameters.queue_size = static_cast<std::uint16_t>(command.cdw11);
  parameters.attributes = static_cast<std::uint8_t>(command.cdw11 >> 16);
  parameters.keep_alive_ms = command.cdw12;
  return parameters;
}

Command connect_command(const ConnectParameters& parameters) {
  Command command;
  command.opcode = static_cast<std::uint8_t>(AdminOpcode::fabrics);
  command.nsid = static_cast<std::uint8_t>(FabricsType::connect);
  command.data_len = connect_data_bytes;
  command.cdw10 = parameters.record_format | std::uint32_t{parameters.queue_id} << 16;
  command.cdw11 = parameters.queue_size | std::uint32_t{parameters.attributes} << 16;
  command.cdw12 = parameters.keep_alive_ms;
  return command;
}

std::array<std::byte, connect_data_bytes> encode_connect_data(const ConnectData& data) {
  std::array<std::byte, connect_data_bytes> bytes{};
  std::copy(data.host_id.begin(), data.host_id.end(), bytes.begin());
  put_little_endian<std::uint16_t>(bytes, offset_controller_id, data.controller_id);
  put_name(bytes, offset_subsystem_nqn, data.subsystem_nqn);
  put_name(bytes, offset_host_nqn, data.host_nqn);
  return bytes;
}

DecodedConnectData decode_connect_data(std::span<const std::byte> bytes) {
  DecodedConnectData decoded;
  std::copy_n(bytes.begin(), decoded.data.host_id.size(), decoded.data.host_id.begin());
  decoded.data.controller_id = little_endian<std::uint16_t>(bytes, offset_controller_id);
  std::optional<std::string> subsystem = name_at(bytes, offset_subsystem_nqn);
  std::optional<std::string> host = name_at(bytes, offset_host_nqn);
  if (!subsystem) {
    decoded.offence = offence_subsystem_nqn;
  } else if (!host) {
    decoded.offence = offence_host_nqn;
  } else {
    decoded.data.subsystem_nqn = std::move(*subsystem);
    decoded.data.host_nqn = std::move(*host);
  }
  return decoded;
}

}  // namespace zonecopy::nvme::fabrics
