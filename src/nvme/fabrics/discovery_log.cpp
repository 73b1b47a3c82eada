#include "src/nvme/fabrics/discovery_log.h"

#include <algorithm>
#include <cstring>

#include "src/base/endian.h"

namespace zonecopy::nvme::fabrics {
namespace {

constexpr std::size_t offset_generation = 0;
constexpr std::size_t offset_record_count = 8;
constexpr std::size_t offset_transport = 0;
constexpr std::size_t offset_address_family = 1;
constexpr std::size_t offset_subsystem_type = 2;
constexpr std::size_t offset_requirements = 3;
constexpr std::size_t offset_port_id = 4;
constexpr std::size_t offset_controller_id = 6;
constexpr std::size_t offset_admin_queue = 8;
constexpr std::size_t offset_service = 32;
constexpr std::size_t service_bytes = 32;
constexpr std::size_t offset_subsystem_nqn = 256;
constexpr std::size_t offset_address = 512;
constexpr std::size_t name_bytes = 256;
constexpr std::byte transport_tcp{3};
constexpr std::byte family_ipv4{1};
constexpr std::byte family_ipv6{2};
constexpr std::byte no_secure_channel{2};  // TREQ: not required
constexpr std::uint16_t any_controller = 0xffff;

/// Text up to the length of its field; what is left of the field is zeros.
void put_text(std::span<std::byte> entry, std::size_t offset, std::size_t length, std::string_view text) {
  std::memcpy(entry.data() + offset, text.data(), std::min(text.size(), length - 1));
}

std::string text_at(std::span<const std::byte> entry, std::size_t offset, std::size_t length) {
  const char* const text = reinterpret_cast<const char*>(entry.data() + offset);
  return std::string(text, strnlen(text, length));
}

void encode_entry(const DiscoveryEntry& from, std::span<std::byte> entry) {
  entry[offset_transport] = transport_tcp;
  entry[offset_address_family] = from.ipv6 ? family_ipv6 : family_ipv4;
  entry[offset_subsystem_type] = static_cast<std::byte>(from.type);
  entry[offset_requirements] = no_secure_channel;
  put_little_endian<std::uint16_t>(entry, offset_port_id, from.port_id);
  put_little_endian<std::uint16_t>(entry, offset_controller_id, any_controller);
  put_little_endian<std::uint16_t>(entry, offset_admin_queue, from.admin_queue_entries_max);
  put_text(entry, offset_service, service_bytes, from.service);
  put_text(entry, offset_subsystem_nqn, name_bytes, from.subsystem_nqn);
  put_text(entry, offset_address, name_bytes, from.address);
}

DiscoveryEntry decode_entry(std::span<const std::byte> entry) {
  DiscoveryEntry decoded;
  decoded.type = static_cast<SubsystemType>(entry[offset_subsystem_type]);
  decoded.ipv6 = entry[offset_address_family] == family_ipv6;
  decoded.port_id = little_endian<std::uint16_t>(entry, offset_port_id);
  decoded.admin_queue_entries_max = little_endian<std::uint16_t>(entry, offset_admin_queue);
  decoded.service = text_at(entry, offset_service, service_bytes);
  decoded.subsystem_nqn = text_at(entry, offset_subsystem_nqn, name_bytes);
  decoded.address = text_at(entry, offset_address, name_bytes);
  return decoded;
}

}  // namespace

std::vector<std::byte> encode_discovery_log(const DiscoveryLog& log) {
  std::vector<std::byte> data(discovery_header_bytes + log.entries.size() * discovery_entry_bytes);
  const std::span<std::byte> bytes(data);
  put_little_endian<std::uint64_t>(bytes, offset_generation, log.generation);
  put_little_endian<std::uint64_t>(bytes, offset_record_count, log.entries.size());
  std::size_t offset = discovery_header_bytes;
  for (const DiscoveryEntry& entry : log.entries) {
    encode_entry(entry, bytes.subspan(offset, discovery_entry_bytes));
    offset += discovery_entry_bytes;
  }
  return data;
}

DiscoveryLog decode_discovery_log(std::span<const std::byte> data) {
  DiscoveryLog log;
  log.generation = little_endian<std::uint64_t>(data, offset_generation);
  auto left = little_endian<std::uint64_t>(data, offset_record_count);
  for (std::size_t offset = discovery_header_bytes; left > 0 && offset + discovery_entry_bytes <= data.size();
       offset += discovery_entry_bytes, --left) {
    const std::span<const std::byte> entry = data.subspan(offset, discovery_entry_bytes);
    if (entry[offset_transport] == transport_tcp) log.entries.push_back(decode_entry(entry));
  }
  return log;
}

}  // namespace zonecopy::nvme::fabrics
