// One connection: the ways that data takes, and everything that a host may do wrong.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "src/base/endian.h"
#include "src/nvme/fabrics/admin.h"
#include "tests/support/target/target_test.h"

namespace zonecopy::test {
namespace {

using namespace nvme::fabrics;

constexpr std::uint32_t block = served_block_bytes;

class Queues : public TargetTest {
 protected:
  void expect_termination(ScriptedHost& host, FatalStatus status, const char* what) {
    const std::optional<FatalError> told = run(host.ended());
    ASSERT_TRUE(told) << what;
    EXPECT_EQ(told->status, status) << what << ", at " << told->information;
  }
};

TEST_F(Queues, DataTakesEachWay) {
  new_admin();
  ScriptedHost& io = new_io_queue();
  const HostBytes data = host_data(3 * block);
  EXPECT_EQ(run(io.send(io_command(0x01, 0), {data.begin(), data.begin() + block})).status, 0) << "in the capsule";
  const HostBytes rest(data.begin() + block, data.end());
  EXPECT_EQ(run(io.send(io_command(0x01, 1, 1), rest, 0, false)).status, 0) << "asked for";
  const Answer read = run(io.send(io_command(0x02, 0, 2), {}, 3 * block));
  EXPECT_EQ(read.status, 0);
  EXPECT_TRUE(read.by_data) << "a response would say nothing";
  EXPECT_EQ(read.data, data);
  const Answer appended = run(io.send(io_command(0x7d, 0), {data.begin(), data.begin() + block}));
  EXPECT_EQ(appended.status, 0);
  EXPECT_EQ(appended.result, 3U);
}

TEST_F(Queues, WithDigestsAndAlignment) {
  for (const Digests digests : {Digests{true, false}, Digests{false, true}, Digests{true, true}}) {
    new_admin();
    ScriptedHost& io = new_host();
    ASSERT_TRUE(run(io.shake_hands(digests, 15)));
    ConnectChoice choice;
    choice.queue_id = 1;
    choice.controller_id = controller_id;
    ASSERT_EQ(run(io.connect(choice)).status, 0);
    ASSERT_EQ(run(io.send(admin_command(0x79, 0, 0, 1))).status, 0x002) << "no action 0";
    nvme::Command reset = io_command(0x79, 0);
    reset.cdw13 = 4;
    ASSERT_EQ(run(io.send(reset)).status, 0);
    const HostBytes data = host_data(2 * block);
    EXPECT_EQ(run(io.send(io_command(0x01, 0, 1), data, 0, true)).status, 0);
    EXPECT_EQ(run(io.send(io_command(0x01, 2, 1), data, 0, false)).status, 0);
    EXPECT_EQ(run(io.send(io_command(0x02, 2, 1), {}, 2 * block)).data, data);
  }
}

TEST_F(Queues, FlowControlTellsTheHead) {
  new_admin();
  ConnectChoice choice;
  choice.attributes = 0;
  choice.entries = 4;
  ScriptedHost& io = new_io_queue(1, choice);
  for (const unsigned head : {2U, 3U, 0U, 1U}) {
    const Answer read = run(io.send(io_command(0x02, 0), {}, block));
    EXPECT_EQ(read.status, 0);
    EXPECT_FALSE(read.by_data);
    EXPECT_EQ(read.sq_head, head);
  }
}

TEST_F(Queues, SglsThatDoNotFit) {
  new_admin();
  ScriptedHost& io = new_io_queue();
  const HostBytes data = host_data(block);
  const auto send = [&](Sgl sgl, std::uint8_t flags, std::size_t capsule_bytes, std::uint8_t opcode) {
    SubmissionEntry entry{.command = io_command(opcode, 0), .command_id = 500, .sgl = sgl};
    const EncodedPdu pdu = encode(entry, static_cast<std::uint32_t>(capsule_bytes), {});
    HostBytes bytes(pdu.bytes().begin(), pdu.bytes().end());
    bytes.at(9) = std::byte{flags};  // FUSE and PSDT
    bytes.insert(bytes.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(capsule_bytes));
    io.put_raw(bytes);
    return run(io.wait_for(500, data)).status;
  };
  const struct {
    const char* what;
    Sgl sgl;
    std::uint8_t flags;
    std::size_t capsule_bytes;
    std::uint8_t opcode;
    nvme::StatusCode status;
  } rows[] = {
      {"no SGL but PRPs", {0, block, sgl_in_capsule}, 0x00, block, 0x01, 0x002},
      {"fused", {0, block, sgl_in_capsule}, 0x41, block, 0x01, 0x002},
      {"keyed", {0, block, 0x40}, 0x40, 0, 0x01, 0x011},
      {"an offset", {512, block, sgl_in_capsule}, 0x40, block, 0x01, 0x016},
      {"too short", {0, 512, sgl_in_capsule}, 0x40, 512, 0x01, 0x00f},
      {"less than it says", {0, block, sgl_in_capsule}, 0x40, 512, 0x01, 0x00f},
      {"too long", {0, 2 * block, sgl_transport}, 0x40, 0, 0x01, 0x00f},
      {"both ways at once", {0, block, sgl_transport}, 0x40, block, 0x01, 0x00f},
      {"read into the capsule", {0, block, sgl_in_capsule}, 0x40, 0, 0x02, 0x011},
      {"read, too short", {0, 512, sgl_transport}, 0x40, 0, 0x02, 0x00f},
      {"data without need", {0, block, sgl_in_capsule}, 0x40, block, 0x00, 0x00f},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(send(row.sgl, row.flags, row.capsule_bytes, row.opcode), row.status) << row.what;
  }
  EXPECT_EQ(run(device(0).report_zones(0, 1))->at(0).condition, ZoneCondition::empty) << "nothing was written";
  EXPECT_EQ(run(io.send(io_command(0x01, 0), data)).status, 0) << "the queue goes on";
}

TEST_F(Queues, CommandsThatAreNone) {
  ScriptedHost& admin = new_admin();
  ScriptedHost& io = new_io_queue();
  for (const std::uint8_t opcode : {0x03, 0x0d, 0x3f, 0x80, 0xfe}) {
    EXPECT_EQ(run(io.send(io_command(opcode, 0))).status, 0x001) << int{opcode};
  }
  for (const std::uint8_t opcode : {0x00, 0x01, 0x04, 0x05, 0x0d, 0x10, 0x14, 0x80, 0xc0}) {
    EXPECT_EQ(run(admin.send(admin_command(opcode))).status, 0x001) << int{opcode};
  }
  for (const std::uint32_t type : {0x02U, 0x03U, 0x05U, 0x06U, 0x07U, 0xffU}) {
    EXPECT_EQ(run(admin.send(admin_command(0x7f, 0, 0, type))).status, 0x001) << type;
  }
  EXPECT_EQ(run(io.send(io_command(0x02, 0, 0, 3), {}, block)).status, 0x00b) << "no such namespace";
  EXPECT_EQ(run(io.send(io_command(0x02, 0, 0, 0), {}, block)).status, 0x00b);
  EXPECT_EQ(run(io.property_get(0x1c)).status, 0x001) << "properties are the admin queue's";
  EXPECT_TRUE(run(io.send(io_command(0x03, 0))).do_not_retry);
}

TEST_F(Queues, FlushOfAllNamespaces) {
  new_admin();
  ScriptedHost& io = new_io_queue();
  EXPECT_EQ(run(io.send(io_command(0x00, 0, 0, 0xffff'ffff))).status, 0);
  Fault fault;
  fault.command = Command::flush;
  device(1).inject(fault);
  EXPECT_NE(run(io.send(io_command(0x00, 0, 0, 0xffff'ffff))).status, 0) << "one of them fails";
  EXPECT_EQ(run(io.send(io_command(0x00, 0, 0, 1))).status, 0);
}

TEST_F(Queues, IdentifierThatIsInUse) {
  ScriptedHost& admin = new_admin();
  const std::uint16_t event = run(admin.submit(admin_command(0x0c), {}, 0, true));
  SubmissionEntry entry{.command = admin_command(0x18), .command_id = event, .sgl = {}};
  entry.command.flags = 0x40;
  run_void(loop(), admin.put(encode(entry, 0, {})));
  EXPECT_EQ(run(admin.wait_for(event, {})).status, status::command_id_conflict);
  run_void(loop(), admin.put(encode(entry, 0, {})));
  EXPECT_EQ(run(admin.wait_for(event, {})).status, status::command_id_conflict) << "still in use";
}

TEST_F(Queues, EventRequestsAreHeldUpToALimit) {
  ScriptedHost& admin = new_admin();
  for (int i = 0; i < 4; ++i) run(admin.submit(admin_command(0x0c), {}, 0, true));
  EXPECT_EQ(run(admin.send(admin_command(0x0c))).status, status::asynchronous_event_limit_exceeded);
  EXPECT_EQ(run(admin.send(admin_command(0x18))).status, 0) << "Keep Alive";
}

TEST_F(Queues, MoreCommandsThanEntries) {
  new_admin();
  ConnectChoice choice;
  choice.entries = 4;
  ScriptedHost& io = new_io_queue(1, choice);
  // None of these ends before its data has come.
  for (std::uint32_t i = 0; i < 4; ++i) run(io.submit(io_command(0x01, i), host_data(block), 0, false));
  run(io.submit(io_command(0x02, 0), {}, block, true));
  expect_termination(io, FatalStatus::sequence_error, "a fifth command");
}

TEST_F(Queues, DataThatWasNotAskedFor) {
  struct Wrong {
    const char* what;
    std::function<void(DataPdu&)> change;
    FatalStatus status;
  };
  const Wrong rows[] = {
      {"another tag", [](DataPdu& part) { part.transfer_tag = 9; }, FatalStatus::invalid_header_field},
      {"a tag of no request", [](DataPdu& part) { part.transfer_tag = 0xffff; }, FatalStatus::invalid_header_field},
      {"another command", [](DataPdu& part) { part.command_id += 1; }, FatalStatus::invalid_header_field},
      {"an offset", [](DataPdu& part) { part.offset_bytes = 4; }, FatalStatus::data_out_of_range},
      {"too much", [](DataPdu& part) { part.length_bytes = block + 4; }, FatalStatus::data_out_of_range},
      {"nothing", [](DataPdu& part) { part.length_bytes = 0; }, FatalStatus::invalid_header_field},
      {"the end too early", [](DataPdu& part) { part.length_bytes = 512; }, FatalStatus::invalid_header_field},
      {"no end", [](DataPdu& part) { part.last = false; }, FatalStatus::invalid_header_field},
  };
  for (const Wrong& row : rows) {
    new_admin();
    ScriptedHost& io = new_io_queue();
    const std::uint16_t id = run(io.submit(io_command(0x01, 0), host_data(block), 0, false));
    const auto asked = run(io.ready());
    ASSERT_TRUE(asked) << row.what;
    EXPECT_EQ(asked->length_bytes, block);
    DataPdu part{
        .command_id = id, .transfer_tag = asked->transfer_tag, .offset_bytes = 0, .length_bytes = block, .last = true};
    row.change(part);
    run_void(loop(), io.put(encode(part, Side::host, {}), host_data(part.length_bytes)));
    const std::optional<FatalError> told = run(io.ended());
    ASSERT_TRUE(told) << row.what;
    EXPECT_EQ(told->status, row.status) << row.what;
  }
  EXPECT_EQ(run(device(0).report_zones(0, 1))->at(0).condition, ZoneCondition::empty) << "nothing was written";
}

TEST_F(Queues, DataInPieces) {
  new_admin();
  ScriptedHost& io = new_io_queue();
  const HostBytes data = host_data(2 * block);
  const std::uint16_t id = run(io.submit(io_command(0x01, 0, 1), data, 0, false));
  const auto asked = run(io.ready());
  ASSERT_TRUE(asked);
  for (std::uint32_t offset = 0; offset < 2 * block; offset += block / 2) {
    const DataPdu part{.command_id = id,
                       .transfer_tag = asked->transfer_tag,
                       .offset_bytes = offset,
                       .length_bytes = block / 2,
                       .last = offset + block / 2 == 2 * block};
    const HostBytes piece(data.begin() + offset, data.begin() + offset + block / 2);
    run_void(loop(), io.put(encode(part, Side::host, {}), piece));
  }
  EXPECT_EQ(run(io.wait_for(id, {})).status, 0);
  EXPECT_EQ(run(io.send(io_command(0x02, 0, 1), {}, 2 * block)).data, data);
}

TEST_F(Queues, PdusThatMayNotCome) {
  const EncodedPdu pdus[] = {
      encode(IcRequest{}),
      encode(IcResponse{.controller_alignment = 0, .digests = {}, .data_max_bytes = 4096}),
      encode(CompletionEntry{}, PduFormat{}),
      encode(ReadyToTransfer{.command_id = 1, .transfer_tag = 1, .offset_bytes = 0, .length_bytes = 4}, PduFormat{}),
      encode(DataPdu{.command_id = 1, .transfer_tag = 1, .length_bytes = 0, .last = true}, Side::host, PduFormat{}),
  };
  for (const EncodedPdu& pdu : pdus) {
    ScriptedHost& admin = new_admin();
    run_void(loop(), admin.put(pdu));
    EXPECT_TRUE(run(admin.ended())) << "type " << std::to_integer<int>(pdu.bytes()[0]);
  }
  EXPECT_EQ(subsystem().statistics().terminations, std::size(pdus));
}

TEST_F(Queues, SomethingElseThanAHandshake) {
  ScriptedHost& command_first = new_host();
  SubmissionEntry entry{.command = admin_command(0x18), .command_id = 1, .sgl = {}};
  run_void(loop(), command_first.put(encode(entry, 0, PduFormat{})));
  expect_termination(command_first, FatalStatus::sequence_error, "a command");
  ScriptedHost& garbage = new_host();
  HostBytes http = host_data(64);
  const char* const text = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::size_t i = 0; text[i] != '\0'; ++i) http[i] = static_cast<std::byte>(text[i]);
  garbage.put_raw(http);
  EXPECT_TRUE(run(garbage.ended()));
}

TEST_F(Queues, CapsuleDataBeyondTheLimit) {
  ScriptedHost& admin = new_admin();
  SubmissionEntry entry{.command = admin_command(0x18), .command_id = 1, .sgl = {0, 8196, sgl_in_capsule}};
  run_void(loop(), admin.put(encode(entry, 8196, PduFormat{}), host_data(8196)));
  expect_termination(admin, FatalStatus::limit_exceeded, "8196 bytes in a capsule");
}

TEST_F(Queues, DigestsThatAreWrong) {
  for (const bool of_header : {true, false}) {
    new_admin();
    ScriptedHost& io = new_host();
    ASSERT_TRUE(run(io.shake_hands({true, true})));
    ConnectChoice choice;
    choice.queue_id = 1;
    choice.controller_id = controller_id;
    ASSERT_EQ(run(io.connect(choice)).status, 0);
    SubmissionEntry entry{.command = io_command(0x01, 0), .command_id = 77, .sgl = {0, block, sgl_in_capsule}};
    entry.command.flags = 0x40;
    const EncodedPdu pdu = encode(entry, block, io.stream().sent_format());
    HostBytes bytes(pdu.bytes().begin(), pdu.bytes().end());
    if (of_header) bytes[40] ^= std::byte{1};
    const HostBytes data = host_data(block);
    bytes.insert(bytes.end(), data.begin(), data.end());
    bytes.resize(bytes.size() + 4);  // 0 is not the digest of this data
    io.put_raw(bytes);
    if (of_header) {
      expect_termination(io, FatalStatus::header_digest_error, "the header");
    } else {
      const Answer answer = run(io.wait_for(77, {}));
      EXPECT_EQ(answer.status, 0x022) << "Transient Transport Error";
      EXPECT_FALSE(answer.do_not_retry);
      EXPECT_EQ(run(io.send(io_command(0x01, 0), data)).status, 0) << "the connection goes on";
    }
  }
}

TEST_F(Queues, HostThatLeavesInTheMiddle) {
  for (std::size_t cut = 1; cut < 72; cut += 5) {
    new_admin();
    ScriptedHost& io = new_io_queue();
    SubmissionEntry entry{.command = io_command(0x01, 0), .command_id = 7, .sgl = {0, block, sgl_in_capsule}};
    entry.command.flags = 0x40;
    const EncodedPdu pdu = encode(entry, block, PduFormat{});
    io.put_raw(pdu.bytes().first(cut));
    leave(io);
  }
  EXPECT_EQ(subsystem().statistics().terminations, 0U) << "nobody is left to be told";
}

TEST_F(Queues, HostThatLeavesInsteadOfSendingData) {
  new_admin();
  ScriptedHost& io = new_io_queue();
  run(io.submit(io_command(0x01, 0), host_data(block), 0, false));
  ASSERT_TRUE(run(io.ready()));
  leave(io);
  wait_until([&] { return subsystem().memory().lent_bytes() == 0; });
  EXPECT_EQ(run(device(0).report_zones(0, 1))->at(0).condition, ZoneCondition::empty);
}

TEST_F(Queues, HostThatTakesNothingLeavesMemoryForOthers) {
  new_admin();
  ConnectChoice choice;
  choice.entries = 128;
  // 64 KiB each, which is far more than what a pair of sockets holds, and than the share of a host.
  constexpr std::uint32_t blocks = 16;
  std::vector<ScriptedHost*> greedy;
  for (std::uint16_t queue = 1; queue <= 4; ++queue) {
    greedy.push_back(&new_io_queue(queue, choice));
    for (int i = 0; i < 128; ++i) run(greedy.back()->submit(io_command(0x02, 0, blocks - 1), {}, blocks * block, true));
  }
  const std::uint64_t share_bytes = subsystem().memory().share_bytes();
  wait_until([&] { return subsystem().memory().lent_bytes() >= share_bytes - (1U << 20); });
  EXPECT_LE(subsystem().memory().lent_bytes(), share_bytes + (1U << 20));
  ConnectChoice other;
  other.host_number = 2;
  new_admin(other);
  ScriptedHost& modest = new_io_queue(1, other);
  EXPECT_EQ(run(modest.send(io_command(0x02, 0, blocks - 1), {}, blocks * block)).status, 0);
  for (ScriptedHost* const host : greedy) leave(*host);
}

TEST_F(Queues, DisconnectEndsAnIoQueue) {
  ScriptedHost& admin = new_admin();
  ScriptedHost& io = new_io_queue();
  EXPECT_EQ(run(io.send(admin_command(0x7f, 0, 0, 0x08))).status, 0);
  EXPECT_FALSE(run(io.ended()));
  EXPECT_EQ(run(admin.send(admin_command(0x7f, 0, 0, 0x08))).status, status::invalid_queue_type);
  new_io_queue(1);  // the number is free again
}

TEST_F(Queues, EndOfTheAdminQueueIsThatOfAll) {
  ScriptedHost& admin = new_admin();
  ScriptedHost& io = new_io_queue();
  nvme::Command open = io_command(0x79, 0);
  open.cdw13 = 3;
  ASSERT_EQ(run(io.send(open)).status, 0);
  EXPECT_EQ(run(device(0).report_zones(0, 1))->at(0).condition, ZoneCondition::explicit_open);
  leave(admin);
  EXPECT_FALSE(run(io.ended()));
  wait_until([&] { return subsystem().statistics().controllers == 0; });
  EXPECT_FALSE(is_open(run(device(0).report_zones(0, 1))->at(0).condition)) << "nobody is left who would close it";
}

}  // namespace
}  // namespace zonecopy::test
