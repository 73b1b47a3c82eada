#include "tools/serve/listeners.h"

#include <fmt/format.h>

#include "src/tcp/socket.h"
#include "tools/serve/service_manager.h"

namespace zonecopy::serve {
namespace {

constexpr const char* usual_address = "127.0.0.1";

Error wrong(std::string detail) {
  Error error(EINVAL, "serve", std::move(detail));
  return error.detail_says_all();
}

/// Hosts only say their names where there is no --secret, so a list of them keeps nobody out who lies. But whoever opens
/// the network to it must have meant it.
Status check_exposure(const tcp::Address& address, const ServeRequest& request) {
  if (address.loopback() || request.allow_any_host || !request.host_nqns.empty() || !request.secret_path.empty()) {
    return {};
  }
  return wrong(
      fmt::format("{} can be reached from other machines: say which hosts may connect by --secret or "
                  "--host-nqn, or --allow-any-host",
                  address.to_string()));
}

Result<std::vector<FileDescriptor>> check_passed(std::vector<FileDescriptor> sockets, const ServeRequest& request) {
  for (const FileDescriptor& socket : sockets) {
    const Status may = check_exposure(tcp::address_of(socket.get()), request);
    if (!may) return may.error();
  }
  return sockets;
}

Result<std::vector<tcp::Address>> addresses_of(const ServeRequest& request) {
  std::vector<std::string> names = request.listen;
  if (names.empty()) names.emplace_back(usual_address);
  std::vector<tcp::Address> addresses;
  for (const std::string& name : names) {
    const Result<tcp::Address> address = tcp::parse_address(name, tcp::nvme_port);
    if (!address) return wrong("--listen: " + address.error().detail());
    const Status may = check_exposure(*address, request);
    if (!may) return may.error();
    addresses.push_back(*address);
  }
  return addresses;
}

}  // namespace

Result<std::vector<FileDescriptor>> open_listeners(const ServeRequest& request) {
  Result<std::vector<FileDescriptor>> passed = passed_sockets();
  if (!passed) return passed.error();
  if (!passed->empty() && request.listen.empty()) return check_passed(std::move(*passed), request);
  if (!passed->empty()) return wrong("the service manager passes sockets: leave out --listen");
  const Result<std::vector<tcp::Address>> addresses = addresses_of(request);
  if (!addresses) return addresses.error();
  std::vector<FileDescriptor> sockets;
  for (const tcp::Address& address : *addresses) {
    Result<FileDescriptor> socket = tcp::listen_on(address);
    if (!socket) return socket.error();
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

}  // namespace zonecopy::serve
