// Takes connections for a subsystem, and ends them: on time, above a limit, and all of them when the target ends.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "src/target/queue.h"
#include "src/target/subsystem.h"
#include "src/tcp/socket.h"
#include "zonecopy/cancel.h"
#include "zonecopy/sync.h"
#include "zonecopy/task.h"

namespace zonecopy::target {

struct ServerOptions {
  std::uint32_t connections_max = 1024;  ///< of all hosts; more are closed at once
  /// How long a host may keep the target waiting: for a Connect, the end of authentication, data that it was told to send,
  /// or that it takes what it is sent.
  std::int64_t patience_ms = 30'000;
};

/// On the loop's thread only. Await stop() before it is destroyed.
class Server {
 public:
  /// `subsystem` must outlive the server.
  Server(Subsystem& subsystem, ServerOptions options) : subsystem_(subsystem), options_(options) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() = default;

  /// Serves all connections that come in, until stop().
  void listen(FileDescriptor socket);
  /// Serves one connection.
  void serve(FileDescriptor connection);
  /// Takes no more connections and commands, completes the commands under way, ends all controllers, and flushes all
  /// namespaces. The outcome is that of the flush.
  Task<Outcome> stop();

 private:
  Task<void> accept_all(tcp::Listener& listener);
  Task<void> serve_until_end(FileDescriptor connection);
  Task<void> watch();

  Subsystem& subsystem_;
  ServerOptions options_;
  std::vector<std::unique_ptr<tcp::Listener>> listeners_;
  std::set<Queue*> queues_;
  Gate work_;  ///< listeners, connections and the watch
  CancelToken stop_;
  bool watching_ = false;
};

}  // namespace zonecopy::target
