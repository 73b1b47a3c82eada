#include "tests/support/remote/cutting_dialer.h"

#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "src/base/endian.h"

namespace zonecopy::test {

/// The two sockets of the proxy on one connection.
struct CuttingDialer::Pair {
  FileDescriptor host;
  FileDescriptor target;
};

/// Where one direction of a connection is in its PDUs.
struct CuttingDialer::Flow {
  std::array<std::byte, 8> header{};
  std::size_t header_had = 0;
  std::size_t pdu_left = 0;  ///< bytes of the PDU behind its common header
  bool within = false;
};

CuttingDialer::CuttingDialer(EventLoop& loop, remote::Dialer& inner, std::uint64_t seed)
    : loop_(loop), inner_(inner), random_(seed) {
  ::signal(SIGPIPE, SIG_IGN);  // of write(2) to a connection that was cut
}

Task<Result<FileDescriptor>> CuttingDialer::dial() {
  Result<FileDescriptor> socket = co_await inner_.dial();
  if (!socket) co_return socket;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) co_return Error(errno, "connect");
  auto pair = std::make_shared<Pair>(Pair{FileDescriptor(ends[1]), std::move(*socket)});
  loop_.spawn(pump(pair, pair->host.get(), pair->target.get()));
  loop_.spawn(pump(pair, pair->target.get(), pair->host.get()));
  co_return FileDescriptor(ends[0]);
}

void CuttingDialer::cut_often(std::uint64_t cuts, std::uint64_t pdus_mean) {
  cuts_left_ = cuts;
  pdus_mean_ = pdus_mean;
  choose_next();
}

void CuttingDialer::choose_next() { pdus_left_ = random_.between(1, 2 * pdus_mean_); }

void CuttingDialer::cut(Pair& pair) {
  shutdown(pair.host.get(), SHUT_RDWR);
  shutdown(pair.target.get(), SHUT_RDWR);
}

std::size_t CuttingDialer::passed(Flow& flow, std::span<const std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    if (!flow.within && flow.header_had == 0 && cuts_left_ > 0 && --pdus_left_ == 0) {
      --cuts_left_;
      ++cuts_;
      choose_next();
      // Half of all cuts are at the boundary, the others anywhere in what has come of the PDU.
      return done + (random_.percent(50) ? 0 : random_.below(bytes.size() - done));
    }
    if (!flow.within) {
      flow.header[flow.header_had++] = bytes[done++];
      if (flow.header_had < flow.header.size()) continue;
      flow.pdu_left = little_endian<std::uint32_t>(flow.header, 4) - flow.header.size();
      flow.header_had = 0;
      flow.within = flow.pdu_left > 0;
      continue;
    }
    const std::size_t part = std::min(flow.pdu_left, bytes.size() - done);
    done += part;
    flow.pdu_left -= part;
    flow.within = flow.pdu_left > 0;
  }
  return done;
}

Task<void> CuttingDialer::pump(std::shared_ptr<Pair> pair, int from, int to) {
  const GatePass pass(work_);
  const Buffer buffer(64U << 10);
  Flow flow;
  bool open = true;
  while (open) {
    const std::int32_t got = co_await loop_.read(from, buffer.span(), 0);
    if (got <= 0) break;
    const std::span<std::byte> bytes = buffer.first(static_cast<std::size_t>(got));
    std::span<const std::byte> left = bytes.first(passed(flow, bytes));
    open = left.size() == bytes.size();
    while (!left.empty()) {
      const std::int32_t put = co_await loop_.write(to, left, 0);
      if (put <= 0) break;
      left = left.subspan(static_cast<std::size_t>(put));
    }
    open = open && left.empty();
  }
  cut(*pair);
}

Task<void> CuttingDialer::end() {
  stop();
  Event& quiet = work_.drained();
  co_await quiet;
}

}  // namespace zonecopy::test
