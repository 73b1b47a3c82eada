#include "src/tcp/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <cstring>
#include <memory>

namespace zonecopy::tcp {
namespace {

const sockaddr_in& as_v4(const Address& address) { return reinterpret_cast<const sockaddr_in&>(address.storage); }
const sockaddr_in6& as_v6(const Address& address) { return reinterpret_cast<const sockaddr_in6&>(address.storage); }

Error wrong(std::string_view text, const char* why) {
  Error error(EINVAL, "parse address", fmt::format("{}: {}", text, why));
  return error.detail_says_all();
}

struct HostAndPort {
  std::string_view host;
  std::string_view port;  ///< empty where none is given
};

std::optional<HostAndPort> split(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && (!rest.starts_with(':') || rest.size() == 1)) return std::nullopt;
    return HostAndPort{text.substr(1, end - 1), rest.empty() ? rest : rest.substr(1)};
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return HostAndPort{text, {}};
  if (colon + 1 == text.size()) return std::nullopt;
  return HostAndPort{text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<Address> numeric(const std::string& host, std::uint16_t port) {
  Address address;
  auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    address.size_bytes = sizeof v4;
    return address;
  }
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) return std::nullopt;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  address.size_bytes = sizeof v6;
  return address;
}

}  // namespace

std::uint16_t Address::port() const {
  if (storage.ss_family == AF_INET) return ntohs(as_v4(*this).sin_port);
  return storage.ss_family == AF_INET6 ? ntohs(as_v6(*this).sin6_port) : std::uint16_t{0};
}

bool Address::loopback() const {
  constexpr unsigned loopback_network = 127;
  if (storage.ss_family == AF_INET) return ntohl(as_v4(*this).sin_addr.s_addr) >> 24 == loopback_network;
  return storage.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&as_v6(*this).sin6_addr);
}

std::string Address::host() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* const number = storage.ss_family == AF_INET ? static_cast<const void*>(&as_v4(*this).sin_addr)
                                                          : static_cast<const void*>(&as_v6(*this).sin6_addr);
  if (inet_ntop(storage.ss_family, number, text.data(), text.size()) == nullptr) return "(no address)";
  return text.data();
}

std::string Address::to_string() const {
  if (storage.ss_family == AF_INET6) return fmt::format("[{}]:{}", host(), port());
  return fmt::format("{}:{}", host(), port());
}

Result<Address> parse_address(std::string_view text, std::uint16_t port_usual) {
  const std::optional<HostAndPort> parts = split(text);
  if (!parts) return wrong(text, "an address is HOST:PORT, as 127.0.0.1:4420 or [::1]:4420");
  std::uint16_t port = port_usual;
  if (!parts->port.empty()) {
    const std::optional<std::uint16_t> given = port_of(parts->port);
    if (!given) return wrong(text, "a port is a number from 0 to 65535");
    port = *given;
  }
  const std::optional<Address> address = numeric(std::string(parts->host), port);
  if (!address) return wrong(text, "give the address in numbers, one of IPv6 in brackets: 127.0.0.1, [::1]");
  return *address;
}

Result<std::vector<Address>> resolve(const std::string& host, std::uint16_t port) {
  const std::optional<Address> number = numeric(host, port);
  if (number) return std::vector{*number};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int failure = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, &freeaddrinfo);
  if (failure != 0) return Error(EHOSTUNREACH, "resolve", fmt::format("{}: {}", host, gai_strerror(failure)));
  std::vector<Address> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    Address address;
    if (entry->ai_addrlen > sizeof address.storage) continue;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.size_bytes = entry->ai_addrlen;
    addresses.push_back(address);
  }
  if (addresses.empty()) return Error(EHOSTUNREACH, "resolve", host + ": it has no address");
  return addresses;
}

Address address_of(int socket) {
  Address address;
  address.size_bytes = sizeof address.storage;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address.storage), &address.size_bytes) != 0) return {};
  return address;
}

Address peer_of(int socket) {
  Address address;
  address.size_bytes = sizeof address.storage;
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&address.storage), &address.size_bytes) != 0) return {};
  return address;
}

}  // namespace zonecopy::tcp
