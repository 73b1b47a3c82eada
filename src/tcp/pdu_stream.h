// One connection of NVMe/TCP: PDUs in and out. Both ends use it.
#pragma once

#include <cstdint>
#include <string>

#include "src/nvme/fabrics/pdu.h"
#include "src/tcp/pdu_receiver.h"
#include "src/tcp/pdu_sender.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/file_descriptor.h"

namespace zonecopy::tcp {

/// A stream socket that is connected; in tests it may be one of a pair. All members belong to the loop's thread. One
/// coroutine receives, any number send. Before it is destroyed call shut_down(), wait for the one that receives, and
/// await idle().
class PduStream {
 public:
  /// `peer` is the side that the other end is. The buffer for what is received is 128 KiB.
  PduStream(EventLoop& loop, FileDescriptor socket, nvme::fabrics::Side peer);

  /// What ICReq and ICResp have agreed on: for what the other end sends, and for what this one does.
  void agree(const nvme::fabrics::PduFormat& received, const nvme::fabrics::PduFormat& sent);
  [[nodiscard]] const nvme::fabrics::PduFormat& sent_format() const { return sent_format_; }
  /// See PduReceiver. Before it is called no PDU may carry data.
  void set_data_max(std::uint32_t bytes) { receiver_.set_data_max(bytes); }

  [[nodiscard]] PduReceiver& receiver() { return receiver_; }
  Task<Result<ReceivedPdu>> receive() { return receiver_.receive(); }
  Task<Status> receive_data(std::span<std::byte> data) { return receiver_.receive_data(data); }
  Task<Status> discard_data() { return receiver_.discard_data(); }
  [[nodiscard]] PduSender::Send send(const nvme::fabrics::EncodedPdu& pdu, std::span<const std::byte> data = {}) {
    return sender_.send(pdu, data);
  }

  /// Tells the other end why the connection ends (a termination PDU with `header`, to which it objects), and ends it.
  Task<void> terminate(nvme::fabrics::FatalError error, std::span<const std::byte> header);
  /// Ends the connection: whoever receives or sends gets an error.
  void shut_down();
  /// The event to await until nothing is being sent.
  [[nodiscard]] Event& idle() { return sender_.idle(); }

  [[nodiscard]] int socket() const { return socket_.get(); }
  /// The other end, for logs.
  [[nodiscard]] std::string peer_name() const;

 private:
  FileDescriptor socket_;
  nvme::fabrics::Side peer_;
  nvme::fabrics::PduFormat sent_format_;
  PduReceiver receiver_;
  PduSender sender_;
};

}  // namespace zonecopy::tcp
