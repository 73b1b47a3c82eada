// What only a host over fabrics reads of Identify.
#include <algorithm>
#include <cstring>

#include "src/base/endian.h"
#include "src/nvme/fabrics/identify_encode.h"
#include "src/nvme/fabrics/identify_layout.h"

namespace zonecopy::nvme::fabrics {
namespace {

using Bytes = std::span<const std::byte>;
using namespace layout;

/// A field of text, without what fills it up.
std::string text_at(Bytes data, std::size_t offset, std::size_t length) {
  std::string text(length, '\0');
  std::memcpy(text.data(), data.data() + offset, length);
  text.resize(std::min(text.find('\0'), text.size()));
  text.resize(text.find_last_not_of(' ') + 1);
  return text;
}

std::optional<std::array<std::byte, 16>> identifier(Bytes value) {
  std::array<std::byte, 16> bytes{};
  if (value.size() != bytes.size()) return std::nullopt;
  std::copy(value.begin(), value.end(), bytes.begin());
  return bytes;
}

}  // namespace

FabricsController decode_fabrics_controller(Bytes data) {
  FabricsController controller;
  controller.controller_id = little_endian<std::uint16_t>(data, offset_cntlid);
  controller.subsystem_nqn = text_at(data, offset_subsystem_nqn, subsystem_nqn_bytes);
  controller.model = text_at(data, offset_model, model_bytes);
  controller.namespaces = little_endian<std::uint32_t>(data, offset_nn);
  controller.max_commands = little_endian<std::uint16_t>(data, offset_maxcmd);
  controller.keep_alive_unit_100ms = little_endian<std::uint16_t>(data, offset_kas);
  controller.capsule_bytes = little_endian<std::uint32_t>(data, offset_ioccsz) * capsule_unit_bytes;
  controller.response_capsule_bytes = little_endian<std::uint32_t>(data, offset_iorcsz) * capsule_unit_bytes;
  controller.capsule_data_offset_bytes = little_endian<std::uint16_t>(data, offset_icdoff) * capsule_unit_bytes;
  controller.sgl_support = little_endian<std::uint32_t>(data, offset_sgls);
  controller.quiesce_time_ms = little_endian<std::uint16_t>(data, offset_cqt);
  controller.type = little_endian<std::uint8_t>(data, offset_cntrltype);
  return controller;
}

std::vector<std::uint32_t> decode_namespace_list(Bytes data) {
  std::vector<std::uint32_t> nsids;
  for (std::size_t offset = 0; offset + sizeof(std::uint32_t) <= data.size(); offset += sizeof(std::uint32_t)) {
    const auto nsid = little_endian<std::uint32_t>(data, offset);
    if (nsid == 0) break;
    nsids.push_back(nsid);
  }
  return nsids;
}

NamespaceDescriptors decode_descriptors(Bytes data) {
  NamespaceDescriptors descriptors;
  while (data.size() >= descriptor_header_bytes) {
    const auto type = std::to_integer<std::uint8_t>(data[0]);
    const auto length = std::to_integer<std::size_t>(data[1]);
    if (length == 0 || descriptor_header_bytes + length > data.size()) break;
    const Bytes value = data.subspan(descriptor_header_bytes, length);
    if (type == nidt_nguid) descriptors.nguid = identifier(value);
    if (type == nidt_uuid) descriptors.uuid = identifier(value);
    if (type == nidt_command_set) descriptors.command_set = std::to_integer<std::uint8_t>(value[0]);
    data = data.subspan(descriptor_header_bytes + length);
  }
  return descriptors;
}

}  // namespace zonecopy::nvme::fabrics
