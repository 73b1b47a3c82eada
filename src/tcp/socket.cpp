#include "src/tcp/socket.h"

#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cstring>

#include "zonecopy/sync.h"

namespace zonecopy::tcp {
namespace {

Error make_error(int code, const char* operation, const Address& address) {
  return Error(code, operation, address.to_string());
}

RingOperation::EntryBytes bytes_of(const io_uring_sqe& entry) {
  RingOperation::EntryBytes bytes{};
  std::memcpy(bytes.data(), &entry, sizeof entry);
  return bytes;
}

/// Whether accept4(2) failed by what the network did to one connection (accept(2), "Error handling").
bool about_one_connection(int code) {
  switch (code) {
    case ECONNABORTED:
    case EINTR:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH: return true;
    default: return false;
  }
}

/// Cancels a connection attempt when its time is over.
Task<void> limit_connecting(EventLoop& loop, RingOperation& connecting, RingOperation& timer, bool* over, Gate* gate) {
  const GatePass pass(*gate);
  const std::int32_t result = co_await timer;
  if (result != -ETIME || connecting.completed()) co_return;
  *over = true;
  RingOperation cancel = loop.cancel(connecting);
  co_await cancel;
}

}  // namespace

Result<FileDescriptor> listen_on(const Address& address) {
  constexpr int backlog = 128;
  FileDescriptor socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return make_error(errno, "listen", address);
  const int on = 1;
  // A target that is started again must not wait until the connections of the one before are forgotten.
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(socket.get(), address.get(), address.size_bytes) != 0) return make_error(errno, "listen", address);
  if (::listen(socket.get(), backlog) != 0) return make_error(errno, "listen", address);
  return socket;
}

void prepare_connection(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Listener::Listener(EventLoop& loop, FileDescriptor socket) : loop_(loop), socket_(std::move(socket)) {}

Task<Result<FileDescriptor>> Listener::accept() {
  while (!stopped_) {
    io_uring_sqe entry{};
    io_uring_prep_accept(&entry, socket_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    RingOperation operation = loop_.operation(bytes_of(entry));
    const std::int32_t result = co_await operation;
    if (result >= 0 && stopped_) {
      const FileDescriptor too_late(result);
      break;
    }
    if (result >= 0) {
      prepare_connection(result);
      co_return FileDescriptor(result);
    }
    if (!stopped_ && !about_one_connection(-result)) co_return make_error(-result, "accept", address());
  }
  co_return Error(ECANCELED, "accept");
}

void Listener::stop() {
  stopped_ = true;
  ::shutdown(socket_.get(), SHUT_RDWR);  // wakes accept(), with EINVAL
}

Task<Result<FileDescriptor>> connect(EventLoop& loop, Address address, TimeSpec limit) {
  FileDescriptor socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) co_return make_error(errno, "connect", address);
  io_uring_sqe entry{};
  io_uring_prep_connect(&entry, socket.get(), address.get(), address.size_bytes);
  RingOperation connecting = loop.operation(bytes_of(entry));
  RingOperation timer = loop.sleep(limit);
  bool over = false;
  Gate gate;
  loop.spawn(limit_connecting(loop, connecting, timer, &over, &gate));
  const std::int32_t result = co_await connecting;
  if (!timer.completed()) {
    RingOperation cancel = loop.cancel(timer);
    co_await cancel;
  }
  Event& ended = gate.drained();
  co_await ended;
  if (over && result != 0) co_return make_error(ETIMEDOUT, "connect", address);
  if (result != 0) co_return make_error(-result, "connect", address);
  prepare_connection(socket.get());
  co_return socket;
}

}  // namespace zonecopy::tcp
