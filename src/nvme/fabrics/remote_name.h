// The name of a namespace across the network: nvme-tcp://HOST:PORT/NQN?nsid=N&... Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/nvme/fabrics/nqn.h"
#include "zonecopy/result.h"

namespace zonecopy::nvme::fabrics {

/// Registered for NVMe/TCP.
inline constexpr std::uint16_t default_port = 4420;
/// How long a command waits for the target to come back.
inline constexpr std::uint32_t default_reconnect_seconds = 30;
/// Half of the above: a target that falls silent is noticed while there is time left to come back in, and a network that
/// stalls for ten seconds is not taken for a dead one.
inline constexpr std::uint32_t default_keep_alive_seconds = 15;
inline constexpr std::uint32_t default_queue_depth = 128;

struct RemoteName {
  std::string host;  ///< a name, an IPv4 address, or an IPv6 one without brackets, with "%INTERFACE" where it has one
  std::uint16_t port = default_port;
  std::string subsystem_nqn;
  std::optional<std::uint32_t> nsid;   ///< nothing: the only namespace that there is
  std::string host_nqn;                ///< empty: that of this machine
  std::optional<Uuid> host_id;         ///< nothing: that of this machine
  std::string secret_path;             ///< the file of the host's key; empty: this host does not authenticate itself
  std::string controller_secret_path;  ///< that of the controller's key; empty: the controller need not prove itself
  bool header_digest = false;
  bool data_digest = false;
  std::uint32_t queue_depth = default_queue_depth;                ///< commands under way at a time
  std::uint32_t reconnect_seconds = default_reconnect_seconds;    ///< 0: a connection that is lost stays so
  std::uint32_t keep_alive_seconds = default_keep_alive_seconds;  ///< 0: no keep alive

  bool operator==(const RemoteName&) const = default;
};

/// Whether `text` is meant as such a name, right or wrong. A file that is called so is reached by "./" before it.
[[nodiscard]] bool is_remote_name(std::string_view text);

/// EINVAL where something is wrong with it: the detail says what, and what is allowed. Bytes other than letters, digits
/// and "-._~:@+/" may be written as "%" and two hexadecimal digits, and "?", "&", "#" and "%" within a part have to be.
[[nodiscard]] Result<RemoteName> parse_remote_name(std::string_view text);

/// The name in one form, which parses to the same: keys in one order, without those that have their default value. No
/// comma, quotation mark or blank stands in it, so that it can be a value in a list of mount options and in fstab.
[[nodiscard]] std::string to_string(const RemoteName& name);

}  // namespace zonecopy::nvme::fabrics
