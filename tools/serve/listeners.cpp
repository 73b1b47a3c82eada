#include "tools/serve/listeners.h"

#include <fmt/format.h>

#include <ctime>

#include "src/nvme/fabrics/remote_name.h"
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
    const Result<tcp::Address> address = tcp::parse_address(name, nvme::fabrics::default_port);
    if (!address) return wrong("--listen: " + address.error().detail());
    const Status may = check_exposure(*address, request);
    if (!may) return may.error();
    addresses.push_back(*address);
  }
  return addresses;
}

/// The socket of a target that was killed is in use until the kernel has ended its io_uring, a moment after the process.
/// One that is started again at once, as by a service manager, waits for that.
Result<FileDescriptor> listen_when_free(const tcp::Address& address) {
  constexpr int attempts = 100;
  constexpr timespec pause{.tv_sec = 0, .tv_nsec = 20'000'000};
  Result<FileDescriptor> socket = tcp::listen_on(address);
  for (int attempt = 1; attempt < attempts && !socket && socket.error().code() == EADDRINUSE; ++attempt) {
    nanosleep(&pause, nullptr);
    socket = tcp::listen_on(address);
  }
  return socket;
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
    Result<FileDescriptor> socket = listen_when_free(address);
    if (!socket) return socket.error();
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

}  // namespace zonecopy::serve
