// Who may come in: every way in which a Connect is refused, and what one that is accepted has.
#include <gtest/gtest.h>

#include "src/nvme/fabrics/admin.h"
#include "src/nvme/fabrics/nqn.h"
#include "tests/support/target/target_test.h"

namespace zonecopy::test {
namespace {

using namespace nvme::fabrics;

class Connecting : public TargetTest {
 protected:
  Answer connect(ConnectChoice choice) {
    ScriptedHost& host = new_host();
    EXPECT_TRUE(run(host.shake_hands()));
    Answer answer = run(host.connect(std::move(choice)));
    return answer;
  }
};

TEST_F(Connecting, GivesControllersOfTheirOwn) {
  const Answer first = connect({});
  const Answer second = connect({});
  EXPECT_EQ(first.status, 0);
  EXPECT_EQ(second.status, 0);
  EXPECT_NE(first.result, second.result);
  EXPECT_EQ(first.sq_head, 0xffff) << "no flow control";
  EXPECT_EQ(subsystem().statistics().controllers, 2U);
}

TEST_F(Connecting, IsRefusedForEachWrongField) {
  const auto data = [](std::uint32_t offset) { return 1U << 16 | offset; };
  const struct {
    const char* what;
    std::function<void(ConnectChoice&)> change;
    nvme::StatusCode status;
    std::uint32_t result;
  } rows[] = {
      {"record format", [](ConnectChoice& c) { c.record_format = 1; }, 0x180, 0},
      {"one entry", [](ConnectChoice& c) { c.entries = 1; }, 0x182, 44},
      {"too many entries", [](ConnectChoice& c) { c.entries = 129; }, 0x182, 44},
      {"another subsystem", [](ConnectChoice& c) { c.subsystem = "nqn.2014-08.org.example:other"; }, 0x182, data(256)},
      {"no subsystem", [](ConnectChoice& c) { c.subsystem = ""; }, 0x182, data(256)},
      {"no host", [](ConnectChoice& c) { c.host = ""; }, 0x182, data(512)},
      {"a controller it chooses", [](ConnectChoice& c) { c.controller_id = 1; }, 0x182, data(16)},
      {"a queue of no controller",
       [](ConnectChoice& c) {
         c.queue_id = 1;
         c.controller_id = 77;
       },
       0x182, data(16)},
  };
  for (const auto& row : rows) {
    ConnectChoice choice;
    row.change(choice);
    const Answer answer = connect(choice);
    EXPECT_EQ(answer.status, row.status) << row.what;
    EXPECT_EQ(answer.result, row.result) << row.what;
    EXPECT_TRUE(answer.do_not_retry) << row.what;
  }
  EXPECT_EQ(subsystem().statistics().controllers, 0U);
}

TEST_F(Connecting, LargestQueueIsTaken) {
  ConnectChoice choice;
  choice.entries = 128;
  EXPECT_EQ(connect(choice).status, 0);
}

TEST_F(Connecting, OnlyHostsOfTheList) {
  target::SubsystemOptions options = usual_options();
  options.host_nqns = {"nqn.2014-08.org.example:friend"};
  serve(options);
  const Answer refused = connect({});
  EXPECT_EQ(refused.status, 0x184);
  EXPECT_EQ(refused.result, 1U << 16 | 512U);
  EXPECT_EQ(subsystem().statistics().hosts_refused, 1U);
  ConnectChoice choice;
  choice.host = "nqn.2014-08.org.example:friend";
  EXPECT_EQ(connect(choice).status, 0);
}

TEST_F(Connecting, NotMoreControllersThanAllowed) {
  target::SubsystemOptions options = usual_options();
  options.controllers_max = 2;
  serve(options);
  EXPECT_EQ(connect({}).status, 0);
  EXPECT_EQ(connect({}).status, 0);
  const Answer busy = connect({});
  EXPECT_EQ(busy.status, 0x181);
  EXPECT_FALSE(busy.do_not_retry) << "one may end";
}

TEST_F(Connecting, QueuesOfAController) {
  target::SubsystemOptions options = usual_options();
  options.io_queues_max = 2;
  serve(options);
  const Answer admin = connect({});
  ASSERT_EQ(admin.status, 0);
  ConnectChoice io;
  io.controller_id = static_cast<std::uint16_t>(admin.result);
  io.queue_id = 1;
  EXPECT_EQ(connect(io).status, status::command_sequence_error) << "the controller is not enabled";
  new_admin();
  io.controller_id = controller_id;
  EXPECT_EQ(connect(io).status, 0);
  EXPECT_EQ(connect(io).status, status::command_sequence_error) << "the queue is there already";
  io.queue_id = 3;
  const Answer too_many = connect(io);
  EXPECT_EQ(too_many.status, 0x182);
  EXPECT_EQ(too_many.result, 42U);
  io.queue_id = 2;
  io.host_number = 9;
  EXPECT_EQ(connect(io).status, 0x182) << "another host";
  io.host_number = 1;
  io.host = "nqn.2014-08.org.example:other";
  EXPECT_EQ(connect(io).status, 0x182) << "another name";
}

TEST_F(Connecting, DiscoveryHasNoQueues) {
  ConnectChoice choice;
  choice.subsystem = discovery_nqn;
  new_admin(choice);
  choice.queue_id = 1;
  choice.controller_id = controller_id;
  const Answer answer = connect(choice);
  EXPECT_EQ(answer.status, 0x182);
  EXPECT_EQ(answer.result, 42U);
}

TEST_F(Connecting, TwiceOnOneConnection) {
  ScriptedHost& host = new_admin();
  EXPECT_EQ(run(host.connect()).status, status::command_sequence_error);
}

TEST_F(Connecting, NothingElseComesFirst) {
  ScriptedHost& host = new_host();
  ASSERT_TRUE(run(host.shake_hands()));
  EXPECT_EQ(run(host.property_get(0x1c)).status, status::command_sequence_error);
  EXPECT_EQ(run(host.send(admin_command(0x06, 1), {}, 4096)).status, status::command_sequence_error);
  EXPECT_EQ(run(host.connect()).status, 0) << "it may still come in";
}

TEST_F(Connecting, DataMayBeAskedFor) {
  ScriptedHost& host = new_host();
  ASSERT_TRUE(run(host.shake_hands()));
  ConnectData names{
      .host_id = {}, .controller_id = 0xffff, .subsystem_nqn = ConnectChoice{}.subsystem, .host_nqn = "a"};
  const auto data = encode_connect_data(names);
  const nvme::Command command = connect_command({.queue_size = 31, .attributes = 4});
  EXPECT_EQ(run(host.send(command, HostBytes(data.begin(), data.end()), 0, false)).status, 0);
}

/// The promise that a host which connects again relies on.
TEST_F(Connecting, WaitsForCommandsOfABrokenConnection) {
  ScriptedHost& admin = new_admin();
  ScriptedHost& io = new_io_queue();
  // Many writes, of which some are under way when the connection breaks.
  const HostBytes data = host_data(served_block_bytes);
  for (std::uint32_t lba = 0; lba < 8; ++lba) run(io.submit(io_command(0x01, lba), data, 0, true));
  leave(admin);
  leave(io);
  const Answer again = connect({});
  ASSERT_EQ(again.status, 0);
  EXPECT_EQ(subsystem().statistics().controllers, 1U) << "the old one is gone";
  const auto zones = run(device(0).report_zones(0, 1));
  const std::uint64_t written = zones->at(0).write_pointer_lba;
  int turns = 0;
  wait_until([&] { return ++turns == 1000; });
  EXPECT_EQ(run(device(0).report_zones(0, 1))->at(0).write_pointer_lba, written) << "nothing comes later";
}

TEST_F(Connecting, AnotherHostNeedNotWait) {
  new_admin();
  ConnectChoice other;
  other.host_number = 2;
  EXPECT_EQ(connect(other).status, 0);
  EXPECT_EQ(subsystem().statistics().controllers, 2U);
}

}  // namespace
}  // namespace zonecopy::test
