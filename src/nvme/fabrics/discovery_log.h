// The discovery log (NVMe Base 2.0, 5.16.1.23): which subsystems a host can reach, and where. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace zonecopy::nvme::fabrics {

inline constexpr std::size_t discovery_header_bytes = 1024;
inline constexpr std::size_t discovery_entry_bytes = 1024;

/// SUBTYPE.
enum class SubsystemType : std::uint8_t {
  referral = 1,  ///< another discovery subsystem
  nvm = 2,
  current_discovery = 3,  ///< the one that the log comes from
};

/// One way to a subsystem, over TCP.
struct DiscoveryEntry {
  SubsystemType type = SubsystemType::nvm;
  bool ipv6 = false;
  std::uint16_t port_id = 0;
  std::uint16_t admin_queue_entries_max = 0;  ///< ASQSZ
  std::string service;                        ///< TRSVCID: the port, as digits
  std::string subsystem_nqn;
  std::string address;  ///< TRADDR: in numbers, IPv6 without brackets
  friend bool operator==(const DiscoveryEntry&, const DiscoveryEntry&) = default;
};

struct DiscoveryLog {
  std::uint64_t generation = 0;  ///< GENCTR: changes with each change of the log
  std::vector<DiscoveryEntry> entries;
};
/// The whole log: the header and its entries.
[[nodiscard]] std::vector<std::byte> encode_discovery_log(const DiscoveryLog& log);
/// As many of the entries as `data` has; those of other transports are left out.
[[nodiscard]] DiscoveryLog decode_discovery_log(std::span<const std::byte> data);

}  // namespace zonecopy::nvme::fabrics
