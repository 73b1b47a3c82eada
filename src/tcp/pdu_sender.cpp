#include "src/tcp/pdu_sender.h"

#include <liburing.h>

#include <cstring>

#include "src/base/endian.h"
#include "src/nvme/fabrics/digest.h"

namespace zonecopy::tcp {
namespace {

// Enough for the answers to all commands of a deep queue. The kernel takes 1024 parts.
constexpr std::size_t parts_max = 192;
constexpr std::size_t parts_of_one = 3;

/// Lets everything that is ready run first: it may have more to send.
struct AfterOthers {
  bool await_ready() const { return false; }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) const {
    handle.promise().scheduler->make_ready(handle);
  }
  void await_resume() const {}
};

iovec part_of(std::span<const std::byte> bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};  // the kernel only reads
}

RingOperation send_operation(EventLoop& loop, int socket, const msghdr& message) {
  io_uring_sqe entry{};
  // MSG_WAITALL: the kernel itself goes on where the socket takes only a part.
  io_uring_prep_sendmsg(&entry, socket, &message, MSG_NOSIGNAL | MSG_WAITALL);
  RingOperation::EntryBytes bytes{};
  std::memcpy(bytes.data(), &entry, sizeof entry);
  return loop.operation(bytes);
}

}  // namespace

PduSender::Send::Send(PduSender& sender, const nvme::fabrics::EncodedPdu& pdu, std::span<const std::byte> data)
    : sender_(sender), pdu_(pdu), data_(data) {
  if (pdu.data_digest()) put_little_endian(std::span<std::byte>(digest_), 0, nvme::fabrics::digest_of(data));
}

void PduSender::put(Send& send) {
  waiting_.push_back(send);
  if (!sending_) loop_.spawn(send_all());
}

Task<void> PduSender::send_all() {
  const GatePass pass(work_);
  sending_ = true;
  while (!waiting_.empty()) {
    co_await AfterOthers();
    gather();
    const int result = co_await send_gathered();
    if (result != 0 && failure_ == 0) failure_ = result;
    wake_gathered();
    if (failure_ == 0) continue;
    while (WaitNode* const node = waiting_.pop_front()) node->wake();
  }
  sending_ = false;
}

/// Moves as many PDUs as one call takes from `waiting_` to `under_way_`.
void PduSender::gather() {
  parts_.clear();
  while (!waiting_.empty() && parts_.size() + parts_of_one <= parts_max) {
    auto& send = static_cast<Send&>(*waiting_.pop_front());
    under_way_.push_back(send);
    parts_.push_back(part_of(send.pdu_.bytes()));
    if (!send.data_.empty()) parts_.push_back(part_of(send.data_));
    if (send.pdu_.data_digest()) parts_.push_back(part_of(send.digest_));
  }
}

/// 0, or a negative errno.
Task<int> PduSender::send_gathered() {
  std::size_t first = 0;
  while (first < parts_.size()) {
    msghdr message{};
    message.msg_iov = parts_.data() + first;
    message.msg_iovlen = parts_.size() - first;
    RingOperation operation = send_operation(loop_, socket_, message);
    const std::int32_t result = co_await operation;
    if (result == -EINTR || result == -EAGAIN) continue;
    if (result <= 0) co_return result == 0 ? -EPIPE : result;
    auto sent_bytes = static_cast<std::size_t>(result);
    while (first < parts_.size() && sent_bytes >= parts_[first].iov_len) sent_bytes -= parts_[first++].iov_len;
    if (sent_bytes == 0) continue;
    parts_[first].iov_base = static_cast<std::byte*>(parts_[first].iov_base) + sent_bytes;
    parts_[first].iov_len -= sent_bytes;
  }
  co_return 0;
}

void PduSender::wake_gathered() {
  while (WaitNode* const node = under_way_.pop_front()) node->wake();
}

}  // namespace zonecopy::tcp
