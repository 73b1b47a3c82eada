// The Connect command (NVMe Base 2.0, 6.3), by which a connection becomes a queue of a controller. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "src/nvme/command.h"
#include "src/nvme/fabrics/nqn.h"

namespace zonecopy::nvme::fabrics {

inline constexpr std::size_t connect_data_bytes = 1024;
inline constexpr std::size_t nqn_field_bytes = 256;
inline constexpr std::uint16_t any_controller_id = 0xffff;  ///< the target is to choose one
/// Bit 2 of CATTR: the host does without SQ flow control, so that responses need not tell the head of its queue.
inline constexpr std::uint8_t connect_no_sq_flow_control = 1U << 2;

/// AUTHREQ, bit 17 of the result (ATR): the host must prove who it is, on this queue, before it sends anything else.
inline constexpr std::uint32_t connect_authentication_required = 1U << 17;
/// Bit 18 (ASCR): and it must set up a secure channel, which this program cannot.
inline constexpr std::uint32_t connect_secure_channel_required = 1U << 18;

using HostId = std::array<std::byte, 16>;

/// What stands in the command's entry.
struct ConnectParameters {
  std::uint16_t record_format = 0;
  std::uint16_t queue_id = 0;       ///< 0: the admin queue
  std::uint16_t queue_size = 0;     ///< SQSIZE, 0-based
  std::uint8_t attributes = 0;      ///< CATTR
  std::uint32_t keep_alive_ms = 0;  ///< KATO; 0: no keep alive. Of the admin queue only
};
[[nodiscard]] ConnectParameters decode_connect_parameters(const Command& command);
/// A Connect command with `parameters`; its data is connect_data_bytes long.
[[nodiscard]] Command connect_command(const ConnectParameters& parameters);

/// What stands in the command's data.
struct ConnectData {
  HostId host_id{};
  std::uint16_t controller_id = any_controller_id;
  std::string subsystem_nqn;
  std::string host_nqn;
  friend bool operator==(const ConnectData&, const ConnectData&) = default;
};

/// Names that are too long for their fields are cut: check them before.
[[nodiscard]] std::array<std::byte, connect_data_bytes> encode_connect_data(const ConnectData& data);

/// A wrong field of a Connect command, as its response names it.
struct ConnectOffence {
  std::uint16_t offset_bytes = 0;
  bool in_data = false;
  /// DW0 of the response: IPO and IATTR.
  [[nodiscard]] std::uint32_t result() const { return offset_bytes | (in_data ? 1U << 16 : 0U); }
  friend bool operator==(const ConnectOffence&, const ConnectOffence&) = default;
};

// Where fields are, for offences.
inline constexpr ConnectOffence offence_queue_id{42, false};
inline constexpr ConnectOffence offence_queue_size{44, false};
inline constexpr ConnectOffence offence_controller_id{16, true};
inline constexpr ConnectOffence offence_subsystem_nqn{256, true};
inline constexpr ConnectOffence offence_host_nqn{512, true};

struct DecodedConnectData {
  ConnectData data;
  std::optional<ConnectOffence> offence;  ///< a name that does not end within its field, is empty or too long
};
/// `bytes` are connect_data_bytes long.
[[nodiscard]] DecodedConnectData decode_connect_data(std::span<const std::byte> bytes);

}  // namespace zonecopy::nvme::fabrics
