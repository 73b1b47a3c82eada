// The side of commands: places in the queue, capsules, the data that R2Ts ask for. connection_receive.cpp has what comes.
#include "src/device/remote/connection.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "src/uring/sleep_until.h"

namespace zonecopy::remote {
namespace {

namespace fabrics = nvme::fabrics;

constexpr unsigned slot_bits = 10;
static_assert(1U << slot_bits == commands_at_once_max);
constexpr std::uint16_t generation_mask = (1U << (16 - slot_bits)) - 1;
constexpr std::uint32_t default_timeout_ms = 30'000;
constexpr std::int64_t ns_per_ms = 1'000'000;

/// Which way the data of a command goes: bits 1:0 of its opcode, or of the type of a fabrics command.
enum class Direction : std::uint8_t { none = 0, to_controller = 1, to_host = 2 };
Direction direction_of(const nvme::Command& command) {
  const std::uint32_t code = command.opcode == fabrics::opcode_fabrics ? command.nsid : command.opcode;
  return command.data_len == 0 ? Direction::none : static_cast<Direction>(code & 3U);
}

}  // namespace

/// Waits until a place is free, or the connection lost.
struct Connection::SlotWait : WaitNode {
  explicit SlotWait(Connection& connection) : connection_(connection) {}
  bool await_ready() const { return !connection_.free_.empty() || connection_.reason_; }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) {
    set_waiter(handle);
    connection_.waiting_.push_back(*this);
  }
  void await_resume() const {}

 private:
  Connection& connection_;
};

Connection::Connection(EventLoop& loop, FileDescriptor socket, const Options& options)
    : loop_(loop),
      options_(options),
      stream_(std::in_place, loop, std::move(socket), fabrics::Side::controller),
      slots_(std::make_unique<Slot[]>(options.commands_at_once)) {
  for (std::uint32_t i = options.commands_at_once; i > 0; --i) free_.push_back(static_cast<std::uint16_t>(i - 1));
}

Connection::~Connection() = default;

std::uint16_t Connection::command_id_of(const Slot& slot) const {
  const auto number = static_cast<unsigned>(&slot - slots_.get());
  return static_cast<std::uint16_t>(number | unsigned{slot.generation} << slot_bits);
}

Connection::Slot* Connection::find(std::uint16_t command_id) {
  const std::uint32_t number = command_id & (commands_at_once_max - 1);
  if (number >= options_.commands_at_once) return nullptr;
  Slot& slot = slots_[number];
  return slot.used && !slot.ended && command_id_of(slot) == command_id ? &slot : nullptr;
}

Connection::Slot& Connection::take_slot() {
  Slot& slot = slots_[free_.back()];
  free_.pop_back();
  slot.generation = static_cast<std::uint16_t>((slot.generation + 1) & generation_mask);
  slot.used = true;
  slot.ended = slot.bad_digest = false;
  slot.in = {};
  slot.out = {};
  slot.received_bytes = slot.requested_bytes = slot.transfers = 0;
  slot.completion = {};
  slot.finished.reset();
  return slot;
}

void Connection::release(Slot& slot) {
  slot.used = false;
  free_.push_back(static_cast<std::uint16_t>(&slot - slots_.get()));
  if (WaitNode* const waiter = waiting_.pop_front()) waiter->wake();
}

void Connection::finish(Slot& slot, nvme::Completion completion) {
  slot.ended = true;
  slot.completion = std::move(completion);
  slot.finished.set();
}

Task<nvme::Completion> Connection::submit(nvme::Command command) {
  const GatePass pass(work_);
  while (free_.empty() && !reason_) {
    SlotWait free_slot(*this);
    co_await free_slot;
  }
  if (reason_) {
    nvme::Completion lost{result_lost};
    co_return lost;
  }
  Slot& slot = take_slot();
  const std::uint32_t timeout_ms = command.timeout_ms == 0 ? default_timeout_ms : command.timeout_ms;
  slot.deadline_ns = monotonic_now_ns() + timeout_ms * ns_per_ms;
  auto* const memory = reinterpret_cast<std::byte*>(command.addr);
  const Direction direction = direction_of(command);
  const std::span<std::byte> data(memory, direction == Direction::none ? 0 : command.data_len);
  const bool is_fabrics = command.opcode == fabrics::opcode_fabrics;
  const std::uint32_t capsule_max_bytes = is_fabrics ? admin_capsule_data_bytes : capsule_data_max_bytes_;
  const bool in_capsule = direction == Direction::to_controller && data.size() <= capsule_max_bytes;
  std::span<const std::byte> capsule_data;
  if (in_capsule) capsule_data = data;
  if (direction == Direction::to_host) slot.in = data;
  if (direction == Direction::to_controller && !in_capsule) slot.out = data;
  fabrics::SubmissionEntry entry{command, command_id_of(slot), {}};
  entry.sgl.length_bytes = static_cast<std::uint32_t>(data.size());
  entry.sgl.identifier = in_capsule ? fabrics::sgl_in_capsule : fabrics::sgl_transport;
  const fabrics::EncodedPdu pdu =
      fabrics::encode(entry, static_cast<std::uint32_t>(capsule_data.size()), stream_->sent_format());
  tcp::PduSender::Send send = stream_->send(pdu, capsule_data);
  const int sent = co_await send;
  if (sent != 0) lose(Error(-sent, "send"));
  co_await slot.finished;
  Event& drained = slot.sends.drained();
  co_await drained;
  nvme::Completion completion = std::move(slot.completion);
  release(slot);
  co_return completion;
}

/// The data that one R2T asks for, in as many PDUs as its size takes.
Task<void> Connection::send_data(Slot* slot, fabrics::ReadyToTransfer ready) {
  const GatePass of_connection(work_);
  const GatePass of_command(slot->sends);
  std::span<const std::byte> left = slot->out.subspan(ready.offset_bytes, ready.length_bytes);
  while (!left.empty() && !reason_) {
    const std::span<const std::byte> part = left.first(std::min<std::size_t>(left.size(), host_data_max_bytes_));
    fabrics::DataPdu data;
    data.command_id = ready.command_id;
    data.transfer_tag = ready.transfer_tag;
    data.offset_bytes = ready.offset_bytes + ready.length_bytes - static_cast<std::uint32_t>(left.size());
    data.length_bytes = static_cast<std::uint32_t>(part.size());
    data.last = part.size() == left.size();
    const fabrics::EncodedPdu pdu = fabrics::encode(data, fabrics::Side::host, stream_->sent_format());
    // Before the last part is out, the controller cannot know that it has all, and may not ask for more.
    if (data.last) --slot->transfers;
    tcp::PduSender::Send send = stream_->send(pdu, part);
    const int sent = co_await send;
    if (sent != 0) lose(Error(-sent, "send"));
    left = left.subspan(part.size());
  }
}

void Connection::lose(Error reason) {
  if (reason_) return;
  reason_ = std::move(reason);
  // Where the other end is to be told why, receive_all() does both.
  if (!offence_) stream_->shut_down();
  lost_.set();
  while (WaitNode* const waiter = waiting_.pop_front()) waiter->wake();
}

bool Connection::overdue(std::int64_t now_ns) const {
  const std::span<const Slot> slots(slots_.get(), options_.commands_at_once);
  return std::any_of(slots.begin(), slots.end(),
                     [now_ns](const Slot& slot) { return slot.used && !slot.ended && slot.deadline_ns <= now_ns; });
}

/// Commands that the kernel has not sent yet must not reach the target at some later time, when they were settled long
/// ago. So the connection is reset, and not closed, where there are any.
void Connection::forget_unsent() {
  const linger at_once{1, 0};
  ::setsockopt(stream_->socket(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

Task<void> Connection::end() {
  if (!stream_) co_return;
  if (free_.size() < options_.commands_at_once) forget_unsent();
  lose(Error(ECANCELED, "connection", "it was closed"));
  stream_->shut_down();  // even a termination PDU that the other end does not take
  Event& quiet = work_.drained();
  co_await quiet;
  Event& idle = stream_->idle();
  co_await idle;
  stream_.reset();
}

}  // namespace zonecopy::remote
