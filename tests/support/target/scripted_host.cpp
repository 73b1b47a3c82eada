#include "tests/support/target/scripted_host.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "src/nvme/fabrics/admin.h"
#include "src/nvme/fabrics/properties.h"

namespace zonecopy::test {

using namespace nvme::fabrics;

namespace {

constexpr std::uint32_t data_max_bytes = 4U << 20;
constexpr std::uint32_t enable = 0x0046'0061;  // IOCQES 4, IOSQES 6, all command sets, EN

}  // namespace

Task<bool> ScriptedHost::shake_hands(Digests digests, std::uint8_t host_alignment) {
  const EncodedPdu request = encode(IcRequest{.host_alignment = host_alignment, .digests = digests, .max_r2t = 1});
  co_await stream_.send(request);
  const Result<tcp::ReceivedPdu> pdu = co_await stream_.receive();
  if (!pdu || pdu->facts.type != PduType::ic_response) co_return false;
  const auto response = std::get<IcResponse>(decode_ic_response(pdu->header));
  EXPECT_EQ(response.digests, digests);
  const std::uint32_t received_alignment = (host_alignment + 1U) * 4;
  const std::uint32_t sent_alignment = (response.controller_alignment + 1U) * 4;
  stream_.agree({.digests = digests, .data_alignment_bytes = received_alignment},
                {.digests = digests, .data_alignment_bytes = sent_alignment});
  stream_.set_data_max(data_max_bytes);
  co_return true;
}

EncodedPdu ScriptedHost::command_pdu(const nvme::Command& command, std::uint16_t command_id, std::uint32_t data_bytes,
                                     std::uint32_t length_bytes) const {
  SubmissionEntry entry{.command = command, .command_id = command_id, .sgl = {}};
  entry.command.flags = 0x40;
  entry.sgl.identifier = data_bytes != 0 ? sgl_in_capsule : sgl_transport;
  entry.sgl.length_bytes = length_bytes;
  return encode(entry, data_bytes, stream_.sent_format());
}

Task<void> ScriptedHost::put(EncodedPdu pdu, HostBytes data) { co_await stream_.send(pdu, data); }

void ScriptedHost::put_raw(std::span<const std::byte> bytes) {
  EXPECT_EQ(write(stream_.socket(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
}

Task<std::uint16_t> ScriptedHost::submit(nvme::Command command, HostBytes data, std::uint32_t length_bytes,
                                         bool in_capsule) {
  const std::uint16_t command_id = next_id_++;
  const auto size = static_cast<std::uint32_t>(data.size());
  const EncodedPdu pdu = command_pdu(command, command_id, in_capsule ? size : 0, size != 0 ? size : length_bytes);
  const std::span<const std::byte> sent = in_capsule ? std::span<const std::byte>(data) : std::span<const std::byte>();
  co_await stream_.send(pdu, sent);
  co_return command_id;
}

Task<Answer> ScriptedHost::wait_for(std::uint16_t command_id, HostBytes data) {
  Answer answer;
  while (true) {
    const Result<tcp::ReceivedPdu> pdu = co_await stream_.receive();
    if (!pdu) co_return answer;
    if (pdu->facts.type == PduType::ready_to_transfer) {
      const auto asked = std::get<ReadyToTransfer>(decode_ready(pdu->header));
      EXPECT_EQ(asked.command_id, command_id);
      const EncodedPdu part = encode(DataPdu{.command_id = command_id,
                                             .transfer_tag = asked.transfer_tag,
                                             .offset_bytes = asked.offset_bytes,
                                             .length_bytes = asked.length_bytes,
                                             .last = true},
                                     Side::host, stream_.sent_format());
      const std::span<const std::byte> sent = std::span(data).subspan(asked.offset_bytes, asked.length_bytes);
      co_await stream_.send(part, sent);
    } else if (pdu->facts.type == PduType::controller_data) {
      const auto part = std::get<DataPdu>(decode_data(pdu->header, pdu->facts));
      EXPECT_EQ(part.command_id, command_id);
      EXPECT_EQ(part.offset_bytes, answer.data.size());
      answer.data.resize(part.offset_bytes + part.length_bytes);
      const std::span<std::byte> into = std::span(answer.data).subspan(part.offset_bytes);
      const Status received = co_await stream_.receive_data(into);
      EXPECT_TRUE(received.ok());
      if (!part.success) continue;
      answer.status = 0;
      answer.by_data = true;
      co_return answer;
    } else if (pdu->facts.type == PduType::response) {
      const CompletionEntry entry = decode_response(pdu->header);
      if (entry.command_id != command_id) {
        ADD_FAILURE() << "command " << entry.command_id << " has ended, not " << command_id;
        co_return answer;
      }
      answer.status = entry.status;
      answer.result = entry.result;
      answer.do_not_retry = entry.do_not_retry;
      answer.sq_head = entry.sq_head;
      co_return answer;
    } else {
      co_return answer;
    }
  }
}

Task<Answer> ScriptedHost::send(nvme::Command command, HostBytes data, std::uint32_t length_bytes, bool in_capsule) {
  const std::uint16_t command_id = co_await submit(command, data, length_bytes, in_capsule);
  Answer answer = co_await wait_for(command_id, data);
  co_return answer;
}

Task<Answer> ScriptedHost::connect(ConnectChoice choice) {
  ConnectData names{
      .host_id = {}, .controller_id = choice.controller_id, .subsystem_nqn = choice.subsystem, .host_nqn = choice.host};
  names.host_id.back() = static_cast<std::byte>(choice.host_number);
  const auto encoded = encode_connect_data(names);
  const nvme::Command command = connect_command({.record_format = choice.record_format,
                                                 .queue_id = choice.queue_id,
                                                 .queue_size = static_cast<std::uint16_t>(choice.entries - 1),
                                                 .attributes = choice.attributes,
                                                 .keep_alive_ms = choice.keep_alive_ms});
  const HostBytes data(encoded.begin(), encoded.end());
  Answer answer = co_await send(command, data, 0, true);
  co_return answer;
}

Task<std::optional<ReadyToTransfer>> ScriptedHost::ready() {
  const Result<tcp::ReceivedPdu> pdu = co_await stream_.receive();
  if (!pdu || pdu->facts.type != PduType::ready_to_transfer) co_return std::nullopt;
  co_return std::get<ReadyToTransfer>(decode_ready(pdu->header));
}

Task<std::optional<FatalError>> ScriptedHost::ended() {
  std::optional<FatalError> told;
  while (true) {
    const Result<tcp::ReceivedPdu> pdu = co_await stream_.receive();
    if (!pdu) co_return told;
    if (pdu->facts.type == PduType::controller_termination) told = decode_termination(pdu->header).error;
    if (pdu->facts.data_bytes == 0) continue;
    const Status skipped = co_await stream_.receiver().discard_data();
    if (!skipped) co_return told;
  }
}

Task<Answer> ScriptedHost::property_get(std::uint32_t offset, bool of_8_bytes) {
  const nvme::Command command = nvme::fabrics::property_get(offset, of_8_bytes);
  Answer answer = co_await send(command);
  co_return answer;
}

Task<Answer> ScriptedHost::property_set(std::uint32_t offset, std::uint32_t value) {
  const nvme::Command command = nvme::fabrics::property_set(offset, value);
  Answer answer = co_await send(command);
  co_return answer;
}

Task<std::uint16_t> ScriptedHost::come_in(ConnectChoice choice) {
  const bool shaken = co_await shake_hands();
  EXPECT_TRUE(shaken);
  const Answer connected = co_await connect(choice);
  EXPECT_EQ(connected.status, 0);
  if (choice.queue_id == 0) {
    const Answer enabled = co_await property_set(property_configuration, enable);
    EXPECT_EQ(enabled.status, 0);
  }
  co_return static_cast<std::uint16_t>(connected.result);
}

Task<void> ScriptedHost::leave() {
  stream_.shut_down();
  Event& idle = stream_.idle();
  co_await idle;
}

}  // namespace zonecopy::test
