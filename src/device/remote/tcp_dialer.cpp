#include "src/device/remote/tcp_dialer.h"

#include <optional>
#include <vector>

#include "src/tcp/address.h"
#include "src/tcp/socket.h"

namespace zonecopy::remote {
namespace {

constexpr TimeSpec connect_limit{5, 0};

}  // namespace

Task<Result<FileDescriptor>> TcpDialer::dial() {
  std::optional<Result<std::vector<tcp::Address>>> found;
  auto* const result = &found;  // what a worker thread writes to is nobody else's until it has ended
  BlockingCall call = loop_.blocking([this, result] {
    result->emplace(tcp::resolve(host_, port_));
    return 0;
  });
  co_await call;
  if (!*found) co_return (*found).error();
  std::optional<Error> failure;
  const std::vector<tcp::Address> addresses = **found;
  for (const tcp::Address& address : addresses) {
    Result<FileDescriptor> socket = co_await tcp::connect(loop_, address, connect_limit);
    if (socket) co_return socket;
    failure = socket.error();
  }
  co_return *failure;
}

}  // namespace zonecopy::remote
