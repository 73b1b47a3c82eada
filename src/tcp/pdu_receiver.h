// The PDUs that come in on a connection.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "src/nvme/fabrics/digest.h"
#include "src/nvme/fabrics/pdu.h"
#include "zonecopy/buffer.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/result.h"
#include "zonecopy/task.h"

namespace zonecopy::tcp {

struct ReceivedPdu {
  nvme::fabrics::PduHeader facts;
  /// All of the header, for the decoders of pdu.h. Valid until something more is received.
  std::span<const std::byte> header;
};

class PduReceiver {
 public:
  /// `buffer_bytes`: what is read at once. Larger data goes straight to where it belongs.
  PduReceiver(EventLoop& loop, int socket, nvme::fabrics::Side sender, std::size_t buffer_bytes);

  void set_format(const nvme::fabrics::PduFormat& format) { format_ = format; }
  /// The most data that a PDU may carry; a longer one is a FatalError.
  void set_data_max(std::uint32_t bytes) { data_max_bytes_ = bytes; }

  /// Waits for the next PDU, whose header is checked. If facts.data_bytes is not 0, receive_data() or discard_data() has
  /// to come next. ENOTCONN: the other end has closed the connection between two PDUs. ECONNRESET: in the middle of one.
  /// EPROTO: what came is no PDU that may come now: fatal_error() says what to tell the other end.
  Task<Result<ReceivedPdu>> receive();
  /// Receives the data of the PDU, as many bytes as it has. EBADMSG: its digest is wrong; the next PDU can be received
  /// all the same.
  Task<Status> receive_data(std::span<std::byte> data);
  Task<Status> discard_data();

  /// After EPROTO. The header that is objected to is the last one received, `fatal_header()`.
  [[nodiscard]] const std::optional<nvme::fabrics::FatalError>& fatal_error() const { return fatal_error_; }
  [[nodiscard]] std::span<const std::byte> fatal_header() const { return fatal_header_; }
  /// Whether bytes have come that nobody has taken yet.
  [[nodiscard]] bool has_more() const { return begin_ != end_; }

 private:
  [[nodiscard]] std::span<std::byte> available() const { return buffer_.span().subspan(begin_, end_ - begin_); }
  Task<Status> fill(std::size_t bytes);
  Task<Result<std::size_t>> receive_some(std::span<std::byte> into);
  Task<Status> receive_rest(std::span<std::byte> rest);
  Task<Status> check_data_digest(nvme::fabrics::Digest digest);
  Error fail(const nvme::fabrics::FatalError& error, std::span<const std::byte> header);

  EventLoop& loop_;
  int socket_;
  nvme::fabrics::Side sender_;
  nvme::fabrics::PduFormat format_;
  std::uint32_t data_max_bytes_ = 0;
  Buffer buffer_;
  std::size_t begin_ = 0;  ///< what has been received, and not been taken, is from here
  std::size_t end_ = 0;    ///< to here
  nvme::fabrics::PduHeader current_;
  std::optional<nvme::fabrics::FatalError> fatal_error_;
  std::span<const std::byte> fatal_header_;
};

}  // namespace zonecopy::tcp
