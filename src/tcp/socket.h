// TCP sockets on the event loop.
#pragma once

#include "src/tcp/address.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"
#include "zonecopy/task.h"

namespace zonecopy::tcp {

/// A socket that listens. EADDRINUSE, EADDRNOTAVAIL, EACCES and others of bind(2). The error names the address.
[[nodiscard]] Result<FileDescriptor> listen_on(const Address& address);

/// Takes connections from a socket that listens, one at a time. On the loop's thread only.
class Listener {
 public:
  Listener(EventLoop& loop, FileDescriptor socket);

  /// The next connection. ECANCELED after stop(); EMFILE, ENFILE, ENOBUFS and ENOMEM: it may be tried again later. Other
  /// errors of accept4(2) that are about a connection which has gone meanwhile are not reported.
  Task<Result<FileDescriptor>> accept();
  /// Ends accept(), and refuses every later one. The kernel refuses connections from then on.
  void stop();
  [[nodiscard]] Address address() const { return address_of(socket_.get()); }

 private:
  EventLoop& loop_;
  FileDescriptor socket_;
  bool stopped_ = false;
};

/// Connects, for at most `limit`. ETIMEDOUT, ECONNREFUSED and others of connect(2). The error names the address.
Task<Result<FileDescriptor>> connect(EventLoop& loop, Address address, TimeSpec limit);

/// What both ends set on a connection: no delay of small packets (TCP_NODELAY). Does nothing to other sockets.
void prepare_connection(int socket);

}  // namespace zonecopy::tcp
