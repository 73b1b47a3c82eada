// Addresses of TCP sockets.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "zonecopy/result.h"

namespace zonecopy::tcp {

struct Address {
  sockaddr_storage storage{};
  socklen_t size_bytes = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] bool loopback() const;          ///< 127.0.0.0/8 or ::1
  [[nodiscard]] std::string host() const;       ///< the address alone, in numbers: "127.0.0.1", "::1"
  [[nodiscard]] std::string to_string() const;  ///< "127.0.0.1:4420", "[::1]:4420"
};

/// "HOST:PORT" or "HOST", whose port is `port_usual` then; HOST is an address in numbers, one of IPv6 in brackets.
/// EINVAL, with a detail that says what would be right.
[[nodiscard]] Result<Address> parse_address(std::string_view text, std::uint16_t port_usual);

/// All addresses of a host's name, or the one that it is itself; at least one. EHOSTUNREACH where there is none. Blocks,
/// for as long as the name service takes. Any thread.
[[nodiscard]] Result<std::vector<Address>> resolve(const std::string& host, std::uint16_t port);

/// The address that a socket is bound to.
[[nodiscard]] Address address_of(int socket);
/// The address of the other end of a connection; empty (size_bytes 0) where it is not connected.
[[nodiscard]] Address peer_of(int socket);

}  // namespace zonecopy::tcp
