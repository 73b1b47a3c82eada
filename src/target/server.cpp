#include "src/target/server.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

#include "src/uring/sleep_until.h"

namespace zonecopy::target {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t between_looks_ns = 250 * ns_per_ms;
constexpr std::int64_t pause_without_descriptors_ns = 200 * ns_per_ms;

/// Has the kernel end a connection whose host does not answer, or does not take what it is sent. Does nothing to sockets
/// of other kinds.
void limit_silence(int socket, std::int64_t limit_ms) {
  const int on = 1;
  const auto limit = static_cast<unsigned>(limit_ms);
  const int idle_seconds = static_cast<int>(std::max<std::int64_t>(limit_ms / 2000, 1));
  const int between_seconds = std::max(idle_seconds / 3, 1);
  setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &between_seconds, sizeof between_seconds);
  setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
}

}  // namespace

void Server::listen(FileDescriptor socket) {
  listeners_.push_back(std::make_unique<tcp::Listener>(subsystem_.loop(), std::move(socket)));
  subsystem_.loop().spawn(accept_all(*listeners_.back()));
}

Task<void> Server::accept_all(tcp::Listener& listener) {
  const GatePass pass(work_);
  while (!stop_.requested()) {
    Result<FileDescriptor> connection = co_await listener.accept();
    if (connection) {
      serve(std::move(*connection));
    } else if (connection.error().code() != ECANCELED) {
      // No descriptors or no memory: connections that are there end sooner or later.
      subsystem_.log(connection.error().to_string());
      const std::int64_t until_ns = monotonic_now_ns() + pause_without_descriptors_ns;
      co_await sleep_until(subsystem_.loop(), until_ns, &stop_);
    }
  }
}

void Server::serve(FileDescriptor connection) {
  Statistics& counters = subsystem_.counters();
  if (stop_.requested()) return;
  if (queues_.size() >= options_.connections_max) {
    ++counters.connections_refused;
    return;
  }
  tcp::prepare_connection(connection.get());
  limit_silence(connection.get(), options_.patience_ms);
  subsystem_.loop().spawn(serve_until_end(std::move(connection)));
  if (!watching_) subsystem_.loop().spawn(watch());
}

Task<void> Server::serve_until_end(FileDescriptor connection) {
  const GatePass pass(work_);
  Statistics& counters = subsystem_.counters();
  ++counters.connections;
  ++counters.connections_total;
  {
    Queue queue(subsystem_, std::move(connection));
    queues_.insert(&queue);
    co_await queue.run();
    queues_.erase(&queue);
  }
  --counters.connections;
}

/// Looks at what takes too long, as long as there is any connection.
Task<void> Server::watch() {
  const GatePass pass(work_);
  watching_ = true;
  while (!queues_.empty()) {
    const std::int64_t until_ns = monotonic_now_ns() + between_looks_ns;
    co_await sleep_until(subsystem_.loop(), until_ns, &stop_);
    if (stop_.requested()) break;
    subsystem_.check_keep_alive();
    const std::int64_t now_ms = subsystem_.now_ms();
    for (Queue* const queue : queues_) queue->check_deadlines(now_ms, options_.patience_ms);
  }
  watching_ = false;
}

Task<Outcome> Server::stop() {
  stop_.request();
  for (const auto& listener : listeners_) listener->stop();
  for (Queue* const queue : queues_) queue->stop();
  Event& done = work_.drained();
  co_await done;
  listeners_.clear();
  Outcome flushed = co_await subsystem_.flush_all();
  co_return flushed;
}

}  // namespace zonecopy::target
