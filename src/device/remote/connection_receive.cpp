// What a controller sends on a connection, each part of which may be wrong.
#include <fmt/format.h>

#include <utility>

#include "src/device/remote/connection.h"

namespace zonecopy::remote {
namespace {

namespace fabrics = nvme::fabrics;
using fabrics::FatalError;
using fabrics::FatalStatus;

// Offsets of fields in the headers of PDUs, by which an offence is named (NVMe/TCP 1.0, 3.6.2).
constexpr std::uint32_t offset_of_type = 0;
constexpr std::uint32_t offset_of_completed_id = 20;  // CID of the entry in a response
constexpr std::uint32_t offset_of_command_id = 8;     // CCCID
constexpr std::uint32_t offset_of_data_offset = 12;   // DATAO, R2TO

// R2Ts that a command may have at once. One transfer after the other keeps the connection busy enough.
constexpr std::uint32_t ready_at_once_max = 1;

FatalError wrong_field(std::uint32_t offset) { return {FatalStatus::invalid_header_field, offset}; }

}  // namespace

Task<Status> Connection::initialize() {
  stream_->set_data_max(options_.command_max_bytes);
  const Status agreed = co_await agree();
  if (agreed) {
    loop_.spawn(receive_all());
  } else {
    lose(agreed.error());
  }
  co_return agreed;
}

Task<Status> Connection::agree() {
  const GatePass pass(work_);
  fabrics::IcRequest request;
  request.digests = options_.digests;
  request.max_r2t = ready_at_once_max;
  const fabrics::EncodedPdu pdu = fabrics::encode(request);
  tcp::PduSender::Send send = stream_->send(pdu);
  const int sent = co_await send;
  if (sent != 0) co_return Error(-sent, "send");
  const Result<tcp::ReceivedPdu> received = co_await stream_->receive();
  if (!received) co_return received.error();
  if (received->facts.type != fabrics::PduType::ic_response) {
    co_return Error(EPROTO, "receive", "the first PDU is no ICResp; does an NVMe/TCP target listen there?");
  }
  const auto decoded = fabrics::decode_ic_response(received->header);
  if (const auto* const wrong = std::get_if<FatalError>(&decoded)) {
    co_return Error(EPROTO, "receive", fmt::format("ICResp: {} ({:#x})", to_string(wrong->status), wrong->information));
  }
  const auto& response = std::get<fabrics::IcResponse>(decoded);
  if (response.digests != options_.digests) {
    co_return Error(EPROTO, "receive", "the target does not take the digests that were asked for (ICResp)");
  }
  host_data_max_bytes_ = response.data_max_bytes;
  const fabrics::PduFormat from_controller{options_.digests, 4};
  const fabrics::PduFormat from_host{options_.digests, (response.controller_alignment + 1U) * 4};
  stream_->agree(from_controller, from_host);
  co_return Status();
}

/// Runs as long as the connection.
Task<void> Connection::receive_all() {
  const GatePass pass(work_);
  while (!reason_) {
    const Result<tcp::ReceivedPdu> pdu = co_await stream_->receive();
    if (!pdu) {
      if (const auto& fatal = stream_->receiver().fatal_error()) {
        static_cast<void>(offence(*fatal, stream_->receiver().fatal_header(), "its header"));
      }
      lose(pdu.error());
      break;
    }
    const Status handled = co_await handle(*pdu);
    if (!handled) lose(handled.error());
  }
  if (offence_) co_await stream_->terminate(*offence_, offending_header_);
  stream_->shut_down();
  for (std::uint32_t i = 0; i < options_.commands_at_once; ++i) {
    nvme::Completion lost{result_lost};
    if (slots_[i].used && !slots_[i].ended) finish(slots_[i], std::move(lost));
  }
}

Status Connection::offence(FatalError error, std::span<const std::byte> header, const char* what) {
  offence_ = error;
  offending_header_.assign(header.begin(), header.end());
  return Error(
      EPROTO, "receive",
      fmt::format("the controller sent a wrong PDU: {}: {} ({:#x})", what, to_string(error.status), error.information));
}

Task<Status> Connection::handle(tcp::ReceivedPdu pdu) {
  switch (pdu.facts.type) {
    case fabrics::PduType::response: co_return handle_response(pdu.header);
    case fabrics::PduType::ready_to_transfer: co_return handle_ready(pdu.header);
    case fabrics::PduType::controller_data: {
      const Status taken = co_await handle_data(pdu);
      co_return taken;
    }
    case fabrics::PduType::controller_termination: {
      const Status ended = co_await handle_termination(pdu);
      co_return ended;
    }
    default: break;
  }
  const FatalError unexpected{FatalStatus::sequence_error, offset_of_type};
  co_return offence(unexpected, pdu.header, "it may not come now");
}

Status Connection::handle_response(std::span<const std::byte> header) {
  const fabrics::CompletionEntry entry = fabrics::decode_response(header);
  Slot* const slot = find(entry.command_id);
  if (slot == nullptr) return offence(wrong_field(offset_of_completed_id), header, "a response to no command");
  answer(*slot, entry.status, entry.result);
  return {};
}

/// Ends a command as the controller says, unless its data says otherwise.
void Connection::answer(Slot& slot, nvme::StatusCode status, std::uint64_t result) {
  nvme::Completion completion{status, result};
  if (status == 0 && slot.received_bytes < slot.in.size()) {
    completion = {-EPROTO, 0, fmt::format("the controller sent {} of {} bytes", slot.received_bytes, slot.in.size())};
  }
  if (status == 0 && slot.requested_bytes < slot.out.size()) {
    completion = {-EPROTO, 0, fmt::format("the controller took {} of {} bytes", slot.requested_bytes, slot.out.size())};
  }
  if (slot.bad_digest) completion = {result_bad_digest, 0, "the data came with a wrong digest"};
  finish(slot, std::move(completion));
}

/// C2HData: parts of the data come in order.
Task<Status> Connection::handle_data(tcp::ReceivedPdu pdu) {
  const auto decoded = fabrics::decode_data(pdu.header, pdu.facts);
  if (const auto* const wrong = std::get_if<FatalError>(&decoded)) co_return offence(*wrong, pdu.header, "C2HData");
  const auto data = std::get<fabrics::DataPdu>(decoded);
  Slot* const slot = find(data.command_id);
  if (slot == nullptr) co_return offence(wrong_field(offset_of_command_id), pdu.header, "C2HData of no command");
  if (data.offset_bytes != slot->received_bytes || data.length_bytes > slot->in.size() - slot->received_bytes) {
    const FatalError out_of_range{FatalStatus::data_out_of_range, offset_of_data_offset};
    co_return offence(out_of_range, pdu.header, "C2HData that was not asked for");
  }
  const Status received = co_await stream_->receive_data(slot->in.subspan(data.offset_bytes, data.length_bytes));
  if (!received && received.error().code() != EBADMSG) co_return received;
  if (!received) slot->bad_digest = true;
  slot->received_bytes += data.length_bytes;
  if (data.success) answer(*slot, 0, 0);
  co_return Status();
}

/// R2T: it asks for the data in order, too.
Status Connection::handle_ready(std::span<const std::byte> header) {
  const auto decoded = fabrics::decode_ready(header);
  if (const auto* const wrong = std::get_if<FatalError>(&decoded)) return offence(*wrong, header, "R2T");
  const auto& ready = std::get<fabrics::ReadyToTransfer>(decoded);
  Slot* const slot = find(ready.command_id);
  if (slot == nullptr) return offence(wrong_field(offset_of_command_id), header, "R2T of no command");
  if (ready.offset_bytes != slot->requested_bytes || ready.length_bytes > slot->out.size() - slot->requested_bytes) {
    const FatalError out_of_range{FatalStatus::data_out_of_range, offset_of_data_offset};
    return offence(out_of_range, header, "R2T of data that there is not");
  }
  if (slot->transfers == ready_at_once_max) {
    const FatalError too_many{FatalStatus::limit_exceeded, 0};
    return offence(too_many, header, "more R2Ts at once than were agreed on");
  }
  ++slot->transfers;
  slot->requested_bytes += ready.length_bytes;
  loop_.spawn(send_data(slot, ready));
  return {};
}

Task<Status> Connection::handle_termination(tcp::ReceivedPdu pdu) {
  const fabrics::Termination termination = fabrics::decode_termination(pdu.header);
  const Status rest = co_await stream_->discard_data();
  static_cast<void>(rest);  // the connection ends anyway
  co_return Error(EPROTO, "receive",
                  fmt::format("the controller ended the connection: {} ({:#x})", to_string(termination.error.status),
                              termination.error.information));
}

}  // namespace zonecopy::remote
