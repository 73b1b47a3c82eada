#include "tests/support/remote/scripted_target.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "src/base/endian.h"
#include "src/nvme/fabrics/admin.h"
#include "src/nvme/fabrics/connect.h"
#include "src/nvme/fabrics/properties.h"
#include "src/nvme/host_behavior.h"
#include "zonecopy/buffer.h"

namespace zonecopy::test {
namespace {

namespace fabrics = nvme::fabrics;

}  // namespace

/// One connection.
struct ScriptedTarget::Peer {
  Peer(EventLoop& loop, FileDescriptor socket) : stream(loop, std::move(socket), fabrics::Side::host) {}
  tcp::PduStream stream;
  std::uint16_t queue_id = 0;
  std::uint16_t controller_id = 0;
  bool ended = false;
  std::uint16_t next_tag = 1;
  std::map<std::uint16_t, std::shared_ptr<Request>> waiting;  ///< for data, by the tag of their R2T
};

struct ScriptedTarget::Request {
  fabrics::SubmissionEntry entry;
  Answer answer = Answer::right;
  Buffer data;
  std::uint32_t data_bytes = 0;
  std::uint32_t data_had = 0;  ///< of the host's
  std::uint16_t tag = 0;
  bool to_host = false;
};

nvme::fabrics::ControllerIdentity usual_identity() {
  fabrics::ControllerIdentity identity;
  identity.serial_number = "1";
  identity.model = "zonecopy test";
  identity.firmware = "1";
  identity.subsystem_nqn = "nqn.2026-11.example:scripted";
  identity.max_transfer_bytes = 0;
  identity.namespaces = 8;
  identity.optional_commands = fabrics::oncs_copy | fabrics::oncs_write_zeroes;
  identity.copy_formats = 0b101;
  identity.keep_alive_unit_100ms = 10;
  identity.in_capsule_data_bytes = 4096;
  identity.max_commands = 64;
  return identity;
}

ScriptedTarget::ScriptedTarget(EventLoop& loop, std::vector<target::Namespace*> namespaces)
    : loop_(loop), namespaces_(std::move(namespaces)) {
  script.ic.data_max_bytes = 4096;
  script.identity = usual_identity();
}

target::Namespace* ScriptedTarget::find(std::uint32_t nsid) const {
  const auto found = std::find_if(namespaces_.begin(), namespaces_.end(),
                                  [nsid](const target::Namespace* space) { return space->nsid() == nsid; });
  return found == namespaces_.end() ? nullptr : *found;
}

Task<Result<FileDescriptor>> ScriptedTarget::dial() {
  if (script.refuse_connections > 0) {
    --script.refuse_connections;
    co_return Error(ECONNREFUSED, "connect", "scripted");
  }
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) co_return Error(errno, "connect");
  auto peer = std::make_shared<Peer>(loop_, FileDescriptor(pair[1]));
  peers_.push_back(peer);
  ++connections;
  loop_.spawn(serve(peer));
  co_return FileDescriptor(pair[0]);
}

void ScriptedTarget::cut() {
  for (const std::weak_ptr<Peer>& weak : peers_) {
    if (const std::shared_ptr<Peer> peer = weak.lock()) peer->stream.shut_down();
  }
  peers_.clear();
}

void ScriptedTarget::cut_newest() {
  if (const std::shared_ptr<Peer> peer = peers_.back().lock()) peer->stream.shut_down();
}

Task<void> ScriptedTarget::end() {
  script.refuse_connections = ~0U;
  cut();
  Event& quiet = work_.drained();
  co_await quiet;
}

Task<void> ScriptedTarget::serve(std::shared_ptr<Peer> peer) {
  const GatePass pass(work_);
  bool goes_on = co_await shake_hands(*peer);
  while (goes_on) {
    const Result<tcp::ReceivedPdu> pdu = co_await peer->stream.receive();
    if (!pdu) break;
    if (pdu->facts.type == fabrics::PduType::command) {
      goes_on = co_await take_command(peer, *pdu);
    } else if (pdu->facts.type == fabrics::PduType::host_data) {
      goes_on = co_await take_data(peer, *pdu);
    } else {
      goes_on = false;
    }
  }
  peer->ended = true;
  peer->waiting.clear();
  peer->stream.shut_down();
  Event& idle = peer->stream.idle();
  co_await idle;
}

Task<bool> ScriptedTarget::shake_hands(Peer& peer) {
  peer.stream.set_data_max(1U << 20);
  const Result<tcp::ReceivedPdu> pdu = co_await peer.stream.receive();
  if (!pdu || pdu->facts.type != fabrics::PduType::ic_request) co_return false;
  const auto decoded = fabrics::decode_ic_request(pdu->header);
  if (!std::holds_alternative<fabrics::IcRequest>(decoded)) co_return false;
  const auto& request = std::get<fabrics::IcRequest>(decoded);
  fabrics::IcResponse response = script.ic;
  response.digests.header = request.digests.header && script.digests_had.header;
  response.digests.data = request.digests.data && script.digests_had.data;
  const fabrics::EncodedPdu out = fabrics::encode(response);
  tcp::PduSender::Send send = peer.stream.send(out);
  const int sent = co_await send;
  const fabrics::PduFormat from_host{response.digests, (response.controller_alignment + 1U) * 4};
  const fabrics::PduFormat to_host{response.digests, (request.host_alignment + 1U) * 4};
  peer.stream.agree(from_host, to_host);
  co_return sent == 0;
}

Task<bool> ScriptedTarget::take_command(const std::shared_ptr<Peer>& peer, tcp::ReceivedPdu pdu) {
  const std::shared_ptr<Peer> mine = peer;
  auto request = std::make_shared<Request>();
  request->entry = fabrics::decode_command(pdu.header);
  const nvme::Command& command = request->entry.command;
  const bool is_fabrics = command.opcode == fabrics::opcode_fabrics;
  const std::uint32_t direction = (is_fabrics ? command.nsid : command.opcode) & 3U;
  request->data_bytes = request->entry.sgl.length_bytes;
  request->data = Buffer(std::max<std::size_t>(request->data_bytes, 64));
  request->to_host = direction == 2;
  if (mine->queue_id != 0 && !is_fabrics) ++taken[command.opcode];
  if (script.answer) request->answer = script.answer(command, mine->queue_id);
  if (pdu.facts.data_bytes != 0) {
    const Status received = co_await mine->stream.receive_data(request->data.first(request->data_bytes));
    if (!received) co_return false;
    request->data_had = request->data_bytes;
  }
  if (request->answer == Answer::cut_before) co_return false;
  if (request->answer == Answer::never) co_return true;
  const bool wants_data = direction == 1 && request->data_had < request->data_bytes;
  if (wants_data && request->answer != Answer::no_ready && request->answer != Answer::status) {
    request->tag = mine->next_tag++;
    mine->waiting[request->tag] = request;
    co_await ask_for_data(*mine, *request);
    co_return true;
  }
  loop_.spawn(run(mine, request));
  co_return true;
}

Task<void> ScriptedTarget::ask_for_data(Peer& peer, Request& request) {
  fabrics::ReadyToTransfer ready;
  ready.command_id = request.entry.command_id;
  ready.transfer_tag = request.tag;
  ready.offset_bytes = request.data_had;
  ready.length_bytes = std::min(request.data_bytes - request.data_had, script.ready_max_bytes);
  if (request.answer == Answer::ready_behind) ready.offset_bytes += request.data_bytes;
  const fabrics::EncodedPdu pdu = fabrics::encode(ready, peer.stream.sent_format());
  tcp::PduSender::Send send = peer.stream.send(pdu);
  co_await send;
  if (request.answer != Answer::ready_twice) co_return;
  ready.offset_bytes += ready.length_bytes;
  ready.length_bytes = 4;
  const fabrics::EncodedPdu second = fabrics::encode(ready, peer.stream.sent_format());
  tcp::PduSender::Send send_second = peer.stream.send(second);
  co_await send_second;
}

Task<bool> ScriptedTarget::take_data(const std::shared_ptr<Peer>& peer, tcp::ReceivedPdu pdu) {
  const std::shared_ptr<Peer> mine = peer;
  const auto decoded = fabrics::decode_data(pdu.header, pdu.facts);
  if (!std::holds_alternative<fabrics::DataPdu>(decoded)) co_return false;
  const auto data = std::get<fabrics::DataPdu>(decoded);
  const auto found = mine->waiting.find(data.transfer_tag);
  if (found == mine->waiting.end()) co_return false;
  const std::shared_ptr<Request> request = found->second;
  if (data.offset_bytes != request->data_had || data.length_bytes > request->data_bytes - data.offset_bytes ||
      data.length_bytes > script.ic.data_max_bytes) {
    co_return false;
  }
  const std::span<std::byte> place = request->data.span().subspan(data.offset_bytes, data.length_bytes);
  const Status received = co_await mine->stream.receive_data(place);
  if (!received) co_return false;
  request->data_had += data.length_bytes;
  if (!data.last) co_return true;
  if (request->data_had < request->data_bytes) {
    co_await ask_for_data(*mine, *request);
    co_return true;
  }
  mine->waiting.erase(data.transfer_tag);
  loop_.spawn(run(mine, request));
  co_return true;
}

Task<void> ScriptedTarget::run(std::shared_ptr<Peer> peer, std::shared_ptr<Request> request) {
  const GatePass pass(work_);
  // No command of a controller that is gone is carried out any more when a new one comes.
  const nvme::Command& sent = request->entry.command;
  const bool connects = sent.opcode == fabrics::opcode_fabrics &&
                        fabrics::fabrics_type(sent) == static_cast<std::uint8_t>(fabrics::FabricsType::connect);
  if (connects && fabrics::decode_connect_parameters(sent).queue_id == 0) {
    Event& quiet = running_.drained();
    co_await quiet;
  }
  const GatePass running(running_);
  if (request->answer == Answer::cut_part) cut_short(*request);
  target::Outcome outcome;
  outcome.status = script.status;
  if (request->answer != Answer::status && request->answer != Answer::no_ready) {
    outcome = co_await carry_out(*peer, *request);
    if (script.carried_out) script.carried_out(request->entry.command);
  } else if (request->answer == Answer::no_ready) {
    outcome.status = 0;
  }
  if (request->answer == Answer::cut_after || request->answer == Answer::cut_part) {
    peer->stream.shut_down();
    co_return;
  }
  if (!peer->ended) co_await answer(*peer, *request, outcome);
}

Task<target::Outcome> ScriptedTarget::carry_out(Peer& peer, Request& request) {
  const nvme::Command& command = request.entry.command;
  if (command.opcode == fabrics::opcode_fabrics) co_return fabrics_command(peer, request);
  if (peer.queue_id == 0) co_return admin_command(request);
  target::Namespace* const space = find(command.nsid);
  target::Outcome outcome;
  outcome.status = nvme::status::invalid_namespace_or_format;
  if (space == nullptr) co_return outcome;
  const target::Transfer transfer = space->transfer_of(command);
  outcome.status = transfer.status;
  if (transfer.status != 0) co_return outcome;
  outcome.status = 0x00f;
  if (transfer.length_bytes != request.data_bytes) co_return outcome;
  const target::IoRequest io{command, request.data.first(request.data_bytes), peer.controller_id, namespaces_};
  outcome = co_await space->carry_out(io);
  co_return outcome;
}

/// Leaves the command only its first blocks.
void ScriptedTarget::cut_short(Request& request) {
  nvme::Command& command = request.entry.command;
  const auto opcode = static_cast<nvme::Opcode>(command.opcode);
  if (opcode == nvme::Opcode::copy) {
    const std::uint32_t ranges = (command.cdw12 & 0xffU) + 1;
    const auto kept = static_cast<std::uint32_t>(script.part_seed++ % ranges);  // 0-based
    command.cdw12 = (command.cdw12 & 0xffffff00U) | kept;
    request.data_bytes = (kept + 1) * 32;
    // And of the last range its first half.
    const std::span<std::byte> last = request.data.span().subspan(kept * 32, 32);
    put_little_endian(last, 16, static_cast<std::uint16_t>(little_endian<std::uint16_t>(last, 16) / 2));
    return;
  }
  const bool writes =
      opcode == nvme::Opcode::write || opcode == nvme::Opcode::zone_append || opcode == nvme::Opcode::write_zeroes;
  if (!writes) return;
  const std::uint32_t blocks = (command.cdw12 & 0xffffU) + 1;
  const auto kept = static_cast<std::uint32_t>(script.part_seed++ % blocks);  // 0-based
  request.data_bytes = request.data_bytes / blocks * (kept + 1);
  command.cdw12 = (command.cdw12 & 0xffff0000U) | kept;
}

target::Outcome ScriptedTarget::fabrics_command(Peer& peer, Request& request) {
  const nvme::Command& command = request.entry.command;
  target::Outcome outcome;
  if (fabrics::fabrics_type(command) == static_cast<std::uint8_t>(fabrics::FabricsType::connect)) {
    const fabrics::ConnectParameters parameters = fabrics::decode_connect_parameters(command);
    const fabrics::DecodedConnectData names = fabrics::decode_connect_data(request.data.first(request.data_bytes));
    peer.queue_id = parameters.queue_id;
    peer.controller_id = peer.queue_id == 0 ? next_controller_++ : names.data.controller_id;
    outcome.result = peer.controller_id | script.connect_result;
    return outcome;
  }
  const fabrics::PropertyAccess access = fabrics::decode_property_access(command);
  std::uint32_t& configuration = configurations_[peer.controller_id];
  if (fabrics::fabrics_type(command) == static_cast<std::uint8_t>(fabrics::FabricsType::property_set)) {
    configuration = static_cast<std::uint32_t>(access.value);
    polls_[peer.controller_id] = script.not_ready_polls;
    return outcome;
  }
  fabrics::Capabilities capabilities;
  capabilities.queue_entries_max = 128;
  capabilities.ready_timeout_ms = 500;
  capabilities.nvm_command_set = true;
  capabilities.several_command_sets = script.several_command_sets;
  fabrics::ControllerStatus status;
  status.ready = fabrics::decode_configuration(configuration).enabled;
  std::uint32_t& polls = polls_[peer.controller_id];
  if (access.offset_bytes == fabrics::property_status && polls > 0) {
    status.ready = !status.ready;
    --polls;
  }
  if (access.offset_bytes == fabrics::property_capabilities) outcome.result = encode_capabilities(capabilities);
  if (access.offset_bytes == fabrics::property_status) outcome.result = encode_status(status);
  if (access.offset_bytes == fabrics::property_version) outcome.result = fabrics::version_2_0;
  return outcome;
}

target::Outcome ScriptedTarget::admin_command(Request& request) {
  const nvme::Command& command = request.entry.command;
  target::Outcome outcome;
  const std::span<std::byte> data = request.data.first(request.data_bytes);
  if (request.to_host) std::fill(data.begin(), data.end(), std::byte{0});
  const auto opcode = static_cast<fabrics::AdminOpcode>(command.opcode);
  if (opcode != fabrics::AdminOpcode::identify) return outcome;  // Keep Alive and features: taken
  const std::uint8_t cns = command.cdw10 & 0xffU;
  const std::uint8_t command_set = command.cdw11 >> 24;
  if (data.size() != nvme::identify_size_bytes) return outcome;
  if (cns == nvme::cns_controller) {
    fabrics::ControllerIdentity identity = script.identity;
    identity.controller_id = next_controller_ - 1;
    fabrics::encode_identity(identity, data);
    return outcome;
  }
  if (cns == fabrics::cns_active_namespaces) {
    std::vector<std::uint32_t> nsids;
    for (const target::Namespace* const space : namespaces_) nsids.push_back(space->nsid());
    fabrics::encode_namespace_list(nsids, command.nsid, data);
    return outcome;
  }
  if (cns == nvme::cns_command_set_controller) {
    if (command_set == nvme::command_set_zoned) fabrics::encode_zasl(0, data);
    return outcome;
  }
  const target::Namespace* const space = find(command.nsid);
  if (space == nullptr) {
    outcome.status = nvme::status::invalid_namespace_or_format;
    return outcome;
  }
  const target::NamespaceFacts& facts = space->facts();
  fabrics::NamespaceIdentity identity;
  identity.size_blocks = facts.size_blocks;
  identity.block_size_bytes = facts.block_size_bytes;
  identity.zone_size_blocks = facts.zone_size_blocks;
  identity.resource_limits = facts.resource_limits;
  identity.copy_limits = facts.copy_limits;
  identity.write_protected = script.write_protected;
  if (cns == nvme::cns_namespace) fabrics::encode_identity(identity, data);
  if (cns == nvme::cns_command_set_namespace) fabrics::encode_zoned_identity(identity, data);
  if (cns == fabrics::cns_namespace_descriptors) {
    fabrics::NamespaceDescriptors descriptors;
    descriptors.nguid = script.nguid;
    (*descriptors.nguid)[15] = static_cast<std::byte>(space->nsid());
    descriptors.command_set = nvme::command_set_zoned;
    fabrics::encode_descriptors(descriptors, data);
  }
  return outcome;
}

Task<void> ScriptedTarget::send_data(Peer& peer, Request& request, bool with_success) {
  std::uint32_t end_bytes = request.data_bytes;
  if (request.answer == Answer::short_data) end_bytes -= std::min(end_bytes, 8U);
  for (std::uint32_t offset = 0; offset < end_bytes;) {
    fabrics::DataPdu data;
    data.command_id = request.entry.command_id;
    data.offset_bytes = offset;
    data.length_bytes = std::min(end_bytes - offset, script.data_max_bytes);
    data.last = offset + data.length_bytes == end_bytes;
    data.success = data.last && with_success;
    const std::span<std::byte> part = request.data.span().subspan(offset, data.length_bytes);
    offset += data.length_bytes;
    if (request.answer == Answer::data_behind) data.offset_bytes += 4;
    if (request.answer == Answer::foreign_data) data.command_id ^= 0x1ffU;
    const fabrics::EncodedPdu pdu = fabrics::encode(data, fabrics::Side::controller, peer.stream.sent_format());
    tcp::PduSender::Send send = peer.stream.send(pdu, part);
    if (request.answer == Answer::bad_digest) part[0] ^= std::byte{1};  // the digest was made before
    const int sent = co_await send;
    if (sent != 0) co_return;
  }
}

Task<void> ScriptedTarget::answer(Peer& peer, Request& request, target::Outcome outcome) {
  const bool sends_data = request.to_host && outcome.status == 0 && request.data_bytes != 0;
  const bool by_flag = sends_data && script.success_flag && outcome.result == 0 && request.answer == Answer::right;
  if (request.answer == Answer::garbage) {
    const fabrics::EncodedPdu pdu = fabrics::encode(fabrics::IcRequest{});
    tcp::PduSender::Send send = peer.stream.send(pdu);
    co_await send;
    co_return;
  }
  if (request.answer == Answer::terminate) {
    const fabrics::FatalError error{fabrics::FatalStatus::limit_exceeded, 0};
    co_await peer.stream.terminate(error, request.data.first(8));
    co_return;
  }
  if (sends_data) co_await send_data(peer, request, by_flag);
  if (by_flag) co_return;
  fabrics::CompletionEntry entry;
  entry.result = outcome.result;
  entry.status = outcome.status;
  entry.command_id = request.entry.command_id;
  if (request.answer == Answer::wrong_id) entry.command_id ^= 0x1ffU;
  const fabrics::EncodedPdu pdu = fabrics::encode(entry, peer.stream.sent_format());
  const int times = request.answer == Answer::twice ? 2 : 1;
  for (int i = 0; i < times; ++i) {
    tcp::PduSender::Send send = peer.stream.send(pdu);
    co_await send;
  }
}

}  // namespace zonecopy::test
