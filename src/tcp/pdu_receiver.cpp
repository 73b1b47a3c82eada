#include "src/tcp/pdu_receiver.h"

#include <fmt/format.h>
#include <liburing.h>

#include <algorithm>
#include <cstring>

#include "src/base/endian.h"

namespace zonecopy::tcp {
namespace {

namespace fabrics = nvme::fabrics;

// What is left of a PDU's data is read through the buffer if it is shorter: that saves a system call where the next PDU
// has come as well.
constexpr std::size_t direct_min_bytes = 16U << 10;

RingOperation receive_operation(EventLoop& loop, int socket, std::span<std::byte> into) {
  io_uring_sqe entry{};
  io_uring_prep_recv(&entry, socket, into.data(), into.size(), 0);
  RingOperation::EntryBytes bytes{};
  std::memcpy(bytes.data(), &entry, sizeof entry);
  return loop.operation(bytes);
}

}  // namespace

PduReceiver::PduReceiver(EventLoop& loop, int socket, fabrics::Side sender, std::size_t buffer_bytes)
    : loop_(loop), socket_(socket), sender_(sender), buffer_(buffer_bytes) {}

/// At least one byte; ECONNRESET at the end of the stream.
Task<Result<std::size_t>> PduReceiver::receive_some(std::span<std::byte> into) {
  while (true) {
    RingOperation operation = receive_operation(loop_, socket_, into);
    const std::int32_t result = co_await operation;
    if (result > 0) co_return static_cast<std::size_t>(result);
    if (result == 0) co_return Error(ECONNRESET, "receive", "the other end has closed the connection");
    if (result != -EINTR && result != -EAGAIN) co_return Error(-result, "receive");
  }
}

/// Until the buffer has `bytes`, which fit into it.
Task<Status> PduReceiver::fill(std::size_t bytes) {
  if (end_ - begin_ >= bytes) co_return Status();
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ + bytes > buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  while (end_ - begin_ < bytes) {
    const std::span<std::byte> room = buffer_.span().subspan(end_);
    const Result<std::size_t> received = co_await receive_some(room);
    if (!received) co_return received.error();
    end_ += *received;
  }
  co_return Status();
}

Error PduReceiver::fail(const fabrics::FatalError& error, std::span<const std::byte> header) {
  fatal_error_ = error;
  fatal_header_ = header;
  return Error(EPROTO, "receive", fmt::format("{} ({:#x})", to_string(error.status), error.information));
}

Task<Result<ReceivedPdu>> PduReceiver::receive() {
  const bool between = begin_ == end_;
  const Status common = co_await fill(fabrics::common_header_bytes);
  if (!common) {
    Error error = common.error();
    if (between && begin_ == end_ && error.code() == ECONNRESET) error.with_code(ENOTCONN);
    co_return error;
  }
  const std::span<const std::byte> start = available().first(fabrics::common_header_bytes);
  const auto decoded = fabrics::decode_header(start.first<fabrics::common_header_bytes>(), sender_, format_);
  if (const auto* const fatal = std::get_if<fabrics::FatalError>(&decoded)) co_return fail(*fatal, start);
  current_ = std::get<fabrics::PduHeader>(decoded);
  const std::size_t digest_end = current_.header_bytes + (current_.header_digest ? fabrics::digest_bytes : 0);
  const std::size_t before_data = std::max<std::size_t>(digest_end, current_.data_offset_bytes);
  const Status whole = co_await fill(before_data);
  if (!whole) co_return whole.error();
  const std::span<const std::byte> bytes = available().first(before_data);
  const std::span<const std::byte> header = bytes.first(current_.header_bytes);
  if (current_.header_digest) {
    const auto told = little_endian<std::uint32_t>(bytes, current_.header_bytes);
    const fabrics::FatalError wrong{fabrics::FatalStatus::header_digest_error, told};
    if (told != fabrics::digest_of(header)) co_return fail(wrong, header);
  }
  if (current_.data_bytes > std::max<std::uint32_t>(data_max_bytes_, fabrics::header_max_bytes)) {
    const fabrics::FatalError too_long{fabrics::FatalStatus::limit_exceeded, 0};
    co_return fail(too_long, header);
  }
  begin_ += before_data;
  const ReceivedPdu pdu{current_, header};
  co_return pdu;
}

Task<Status> PduReceiver::receive_data(std::span<std::byte> data) {
  const std::size_t here_bytes = std::min(data.size(), end_ - begin_);
  std::memcpy(data.data(), buffer_.data() + begin_, here_bytes);
  begin_ += here_bytes;
  if (here_bytes < data.size()) {
    const Status rest = co_await receive_rest(data.subspan(here_bytes));
    if (!rest) co_return rest.error();
  }
  if (!current_.data_digest) co_return Status();
  fabrics::Digest digest;
  digest.add(data);
  const Status right = co_await check_data_digest(digest);
  co_return right;
}

/// What the buffer does not have of the data of a PDU.
Task<Status> PduReceiver::receive_rest(std::span<std::byte> rest) {
  while (rest.size() >= direct_min_bytes) {
    const Result<std::size_t> received = co_await receive_some(rest);
    if (!received) co_return received.error();
    rest = rest.subspan(*received);
  }
  while (!rest.empty()) {
    const Status filled = co_await fill(1);
    if (!filled) co_return filled.error();
    const std::size_t part_bytes = std::min(rest.size(), end_ - begin_);
    std::memcpy(rest.data(), buffer_.data() + begin_, part_bytes);
    begin_ += part_bytes;
    rest = rest.subspan(part_bytes);
  }
  co_return Status();
}

Task<Status> PduReceiver::check_data_digest(fabrics::Digest digest) {
  const Status filled = co_await fill(fabrics::digest_bytes);
  if (!filled) co_return filled.error();
  const auto told = little_endian<std::uint32_t>(available(), 0);
  begin_ += fabrics::digest_bytes;
  if (told != digest.value()) co_return Error(EBADMSG, "receive", "the digest of the data is wrong");
  co_return Status();
}

Task<Status> PduReceiver::discard_data() {
  std::uint64_t left_bytes = current_.data_bytes + (current_.data_digest ? fabrics::digest_bytes : 0);
  while (left_bytes > 0) {
    const Status filled = co_await fill(1);
    if (!filled) co_return filled.error();
    const std::size_t part_bytes = std::min<std::size_t>(left_bytes, end_ - begin_);
    begin_ += part_bytes;
    left_bytes -= part_bytes;
  }
  co_return Status();
}

}  // namespace zonecopy::tcp
