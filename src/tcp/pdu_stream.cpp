#include "src/tcp/pdu_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "src/tcp/address.h"

namespace zonecopy::tcp {
namespace {

namespace fabrics = nvme::fabrics;

constexpr std::size_t buffer_bytes = 128U << 10;

}  // namespace

PduStream::PduStream(EventLoop& loop, FileDescriptor socket, fabrics::Side peer)
    : socket_(std::move(socket)),
      peer_(peer),
      receiver_(loop, socket_.get(), peer, buffer_bytes),
      sender_(loop, socket_.get()) {}

void PduStream::agree(const fabrics::PduFormat& received, const fabrics::PduFormat& sent) {
  receiver_.set_format(received);
  sent_format_ = sent;
}

Task<void> PduStream::terminate(fabrics::FatalError error, std::span<const std::byte> header) {
  std::array<std::byte, fabrics::header_max_bytes> copy{};
  const std::size_t header_bytes = std::min(header.size(), copy.size());
  std::copy_n(header.begin(), header_bytes, copy.begin());
  const fabrics::Side self = peer_ == fabrics::Side::host ? fabrics::Side::controller : fabrics::Side::host;
  const fabrics::Termination termination{error};
  const fabrics::EncodedPdu pdu = fabrics::encode(termination, self, header_bytes);
  const std::span<const std::byte> offending = std::span<const std::byte>(copy).first(header_bytes);
  PduSender::Send send = sender_.send(pdu, offending);
  co_await send;
  shut_down();
}

void PduStream::shut_down() { ::shutdown(socket_.get(), SHUT_RDWR); }

std::string PduStream::peer_name() const {
  const Address peer = peer_of(socket_.get());
  const bool internet = peer.storage.ss_family == AF_INET || peer.storage.ss_family == AF_INET6;
  return internet ? peer.to_string() : "a local socket";
}

}  // namespace zonecopy::tcp
