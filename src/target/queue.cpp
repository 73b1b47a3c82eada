// The PDUs of a queue. See queue_command.cpp for what its commands do.
#include "src/target/queue.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "src/nvme/fabrics/admin.h"

namespace zonecopy::target {
namespace {

namespace fabrics = nvme::fabrics;
using fabrics::FatalError;
using fabrics::FatalStatus;
using fabrics::PduType;

/// MAXH2CDATA. A host sends more in several PDUs.
constexpr std::uint32_t host_data_max_bytes = 1U << 20;
constexpr std::uint8_t asynchronous_events_max = 4;

// Offsets of fields that may be objected to.
constexpr std::uint32_t field_type = 0;
constexpr std::uint32_t field_total_bytes = 4;
constexpr std::uint32_t field_transfer_tag = 10;
constexpr std::uint32_t field_data_offset = 12;
constexpr std::uint32_t field_flags = 1;

bool is_event_request(const nvme::Command& command) {
  return command.opcode == static_cast<std::uint8_t>(fabrics::AdminOpcode::asynchronous_event_request);
}

}  // namespace

Queue::Queue(Subsystem& subsystem, FileDescriptor socket)
    : subsystem_(subsystem),
      stream_(subsystem.loop(), std::move(socket), fabrics::Side::host),
      began_ms_(subsystem.now_ms()) {
  requests_.grow(entries_);
}

Task<void> Queue::run() {
  bool goes_on = co_await shake_hands();
  while (goes_on && !ending_) goes_on = co_await take_next();
  co_await end();
}

Task<bool> Queue::shake_hands() {
  const Result<tcp::ReceivedPdu> pdu = co_await stream_.receive();
  if (!pdu) {
    const std::optional<FatalError>& error = stream_.receiver().fatal_error();
    if (error) co_await reject(*error, stream_.receiver().fatal_header());
    co_return false;
  }
  if (pdu->facts.type != PduType::ic_request) {
    const FatalError error{FatalStatus::sequence_error, field_type};
    const bool rejected = co_await reject(error, pdu->header);
    co_return rejected;
  }
  const auto decoded = fabrics::decode_ic_request(pdu->header);
  if (const auto* const error = std::get_if<FatalError>(&decoded)) {
    const bool rejected = co_await reject(*error, pdu->header);
    co_return rejected;
  }
  const auto& request = std::get<fabrics::IcRequest>(decoded);
  const std::uint32_t alignment_bytes = (request.host_alignment + 1U) * 4;
  stream_.agree({.digests = request.digests, .data_alignment_bytes = 4},
                {.digests = request.digests, .data_alignment_bytes = alignment_bytes});
  stream_.set_data_max(host_data_max_bytes);
  const fabrics::EncodedPdu response = fabrics::encode(fabrics::IcResponse{
      .controller_alignment = 0, .digests = request.digests, .data_max_bytes = host_data_max_bytes});
  const int sent = co_await stream_.send(response);
  co_return sent == 0;
}

/// False: the connection has ended, or is to end.
Task<bool> Queue::take_next() {
  const Result<tcp::ReceivedPdu> pdu = co_await stream_.receive();
  if (!pdu) {
    const std::optional<FatalError>& error = stream_.receiver().fatal_error();
    if (error) co_await reject(*error, stream_.receiver().fatal_header());
    co_return false;
  }
  if (pdu->facts.type == PduType::command) {
    const bool taken = co_await take_command(*pdu);
    co_return taken;
  }
  if (pdu->facts.type == PduType::host_data) {
    const bool taken = co_await take_data(*pdu);
    co_return taken;
  }
  if (pdu->facts.type == PduType::host_termination) {
    const FatalError error = fabrics::decode_termination(pdu->header).error;
    subsystem_.log(fmt::format("{}: the host ends the connection: {}, {:#x}", stream_.peer_name(),
                               fabrics::to_string(error.status), error.information));
    co_return false;
  }
  const FatalError error{FatalStatus::sequence_error, field_type};
  const bool rejected = co_await reject(error, pdu->header);
  co_return rejected;
}

Task<bool> Queue::take_command(tcp::ReceivedPdu pdu) {
  if (outstanding_ >= entries_) {
    const FatalError error{FatalStatus::sequence_error, field_type};
    const bool rejected = co_await reject(error, pdu.header);
    co_return rejected;
  }
  if (pdu.facts.data_bytes > in_capsule_max_bytes) {
    const FatalError error{FatalStatus::limit_exceeded, field_total_bytes};
    const bool rejected = co_await reject(error, pdu.header);
    co_return rejected;
  }
  const fabrics::SubmissionEntry entry = fabrics::decode_command(pdu.header);
  const std::uint32_t data_bytes = pdu.facts.data_bytes;  // the header goes with the next that is received
  Request* const request = co_await free_request();
  if (request == nullptr) co_return false;
  request->entry = entry;
  const bool received = co_await receive_capsule_data(*request, data_bytes);
  if (!received) {
    requests_.release(*request);
    co_return false;
  }
  if (controller_ != nullptr) controller_->note_sign_of_life();
  ++outstanding_;
  head_ = (head_ + 1) % entries_;
  const Transfer transfer = transfer_of(entry.command);
  const DataPlan plan = check_data(entry, transfer, data_bytes);
  request->transfer = transfer;
  request->transfer.status = plan.status;
  request->path = plan.path;
  request->id_in_use = command_ids_.test(entry.command_id);
  if (request->id_in_use) {
    request->transfer.status = fabrics::status::command_id_conflict;
  } else if (data_bytes != 0 && !request->loan) {
    request->transfer.status = fabrics::status::internal_error;
  } else if (is_admin() && is_event_request(entry.command) && plan.status == 0 &&
             events_held_ < asynchronous_events_max) {
    hold_event_request(*request);
    co_return true;
  }
  subsystem_.loop().spawn(handle(*request));
  co_return true;
}

/// The request's entry stays counted, and is answered at the end of the controller: that is, never.
void Queue::hold_event_request(Request& request) {
  ++events_held_;
  command_ids_.set(request.entry.command_id);
  requests_.release(request);
}

/// Waits for one: a host may have got a response, and sent the next command, before the request that was answered is
/// free again. Null when the connection ends.
Task<Request*> Queue::free_request() {
  Request* request = requests_.take();
  while (request == nullptr && !ending_) {
    Event& released = requests_.released();
    co_await released;
    request = requests_.take();
  }
  co_return request;
}

/// False: the connection has ended. Data with a wrong digest has been taken, and is to be refused.
Task<bool> Queue::receive_capsule_data(Request& request, std::uint32_t bytes) {
  if (bytes == 0) co_return true;
  request.loan = co_await subsystem_.memory().acquire_capsule();
  if (!request.loan) {
    const Status skipped = co_await stream_.discard_data();
    co_return skipped.ok();
  }
  request.data = request.loan.first(bytes);
  subsystem_.counters().bytes_from_hosts += bytes;
  const Status received = co_await stream_.receive_data(request.data);
  request.digest_wrong = !received && received.error().code() == EBADMSG;
  co_return received || request.digest_wrong;
}

Task<bool> Queue::take_data(tcp::ReceivedPdu pdu) {
  const auto decoded = fabrics::decode_data(pdu.header, pdu.facts);
  if (const auto* const error = std::get_if<FatalError>(&decoded)) {
    const bool rejected = co_await reject(*error, pdu.header);
    co_return rejected;
  }
  const auto& part = std::get<fabrics::DataPdu>(decoded);
  Request* const request = requests_.find_waiting(part.transfer_tag, part.command_id);
  if (request == nullptr) {
    const FatalError error{FatalStatus::invalid_header_field, field_transfer_tag};
    const bool rejected = co_await reject(error, pdu.header);
    co_return rejected;
  }
  const std::size_t left_bytes = request->data.size() - request->received_bytes;
  if (part.offset_bytes != request->received_bytes || part.length_bytes > left_bytes || part.length_bytes == 0) {
    const FatalError error{FatalStatus::data_out_of_range, field_data_offset};
    const bool rejected = co_await reject(error, pdu.header);
    co_return rejected;
  }
  const bool complete = part.length_bytes == left_bytes;
  if (part.last != complete) {
    const FatalError error{FatalStatus::invalid_header_field, field_flags};
    const bool rejected = co_await reject(error, pdu.header);
    co_return rejected;
  }
  const std::span<std::byte> into = request->data.subspan(request->received_bytes, part.length_bytes);
  subsystem_.counters().bytes_from_hosts += part.length_bytes;
  const Status received = co_await stream_.receive_data(into);
  if (!received && received.error().code() != EBADMSG) co_return false;
  if (!received) request->digest_wrong = true;
  request->received_bytes += static_cast<std::uint32_t>(into.size());
  if (complete) {
    request->awaits_data = false;
    request->arrived.set();
  }
  co_return true;
}

/// Tells the host what is wrong with what it has sent, and ends the connection: gives false.
Task<bool> Queue::reject(FatalError error, std::span<const std::byte> header) {
  ++subsystem_.counters().terminations;
  subsystem_.log(fmt::format("{}: the connection ends, since the host has broken the protocol: {}, {:#x}",
                             stream_.peer_name(), fabrics::to_string(error.status), error.information));
  co_await stream_.terminate(error, header);
  co_return false;
}

/// Waits for the commands under way. Only where the target itself ends are their responses of any use.
Task<void> Queue::end() {
  ending_ = true;
  if (!stopping_) {
    cancel_.request();
    stream_.shut_down();
  }
  for (const auto& request : requests_.all()) request->arrived.set();
  Event& done = commands_.drained();
  co_await done;
  stream_.shut_down();
  Event& idle = stream_.idle();
  co_await idle;
  if (controller_ == nullptr) co_return;
  if (!is_admin()) {
    controller_->detach(queue_id_);
    co_return;
  }
  co_await subsystem_.end_controller(*controller_);
}

void Queue::shut_down() {
  if (stopping_) return;  // it ends by itself, once its responses are sent
  ending_ = true;
  stream_.shut_down();
  requests_.released().set();
}

void Queue::stop() {
  stopping_ = true;
  shutdown(stream_.socket(), SHUT_RD);
}

bool Queue::peer_gone() const {
  pollfd poll_for{stream_.socket(), POLLRDHUP, 0};
  return ending_ || (::poll(&poll_for, 1, 0) > 0 && (poll_for.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0);
}

bool Queue::waits_too_long(std::int64_t now_ms, std::int64_t limit_ms) const {
  if ((controller_ == nullptr || !proven()) && now_ms - began_ms_ > limit_ms) return commands_.inside() == 0;
  return std::any_of(requests_.all().begin(), requests_.all().end(), [&](const auto& request) {
    return request->awaits_data && now_ms - request->asked_ms > limit_ms;
  });
}

void Queue::check_deadlines(std::int64_t now_ms, std::int64_t limit_ms) {
  if (ending_ || !waits_too_long(now_ms, limit_ms)) return;
  if (controller_ == nullptr) ++subsystem_.counters().connections_refused;
  subsystem_.log(fmt::format("{}: the connection ends, since the host has kept it waiting for {} s",
                             stream_.peer_name(), limit_ms / 1000));
  shut_down();
}

}  // namespace zonecopy::target
