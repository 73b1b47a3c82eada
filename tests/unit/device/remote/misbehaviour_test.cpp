// Targets that do what they should not: the device says so in one line, goes on where it can, and never hangs.
#include <gtest/gtest.h>

#include "tests/support/remote/remote_fixture.h"

namespace zonecopy::remote {
namespace {

using test::Answer;

constexpr std::size_t block_bytes = 512;

class MisbehaviourTest : public test::RemoteTest {
 protected:
  MisbehaviourTest() {
    script().not_ready_polls = 0;
    place.link.reconnect_ms = 100;
  }

  /// The first `times` I/O commands with `opcode` are answered so, all others right.
  void misbehave(nvme::Opcode opcode, Answer answer, std::uint32_t times) {
    times_ = times;
    script().answer = [this, opcode, answer](const nvme::Command& command, std::uint16_t queue_id) {
      if (queue_id == 0 || command.opcode != static_cast<std::uint8_t>(opcode) || times_ == 0) return Answer::right;
      --times_;
      return answer;
    };
  }
  Status read(std::uint64_t blocks = 8) {
    buffer_ = Buffer(blocks * block_bytes);
    return run(device().read(0, buffer_.first(blocks * block_bytes)));
  }
  Status write(Lba lba, std::uint64_t blocks, int fill) {
    buffer_ = Buffer(blocks * block_bytes);
    const auto data = buffer_.first(blocks * block_bytes);
    std::fill(data.begin(), data.end(), static_cast<std::byte>(fill));
    return run(device().write(lba, data));
  }
  Task<void> read_until_it_works() {
    const Buffer buffer(block_bytes);
    bool works = false;
    while (!works) {
      co_await Yield();
      const Status status = co_await device().read(0, buffer.first(block_bytes));
      works = status.ok();
    }
  }
  std::string open_error() {
    const Status opened = open();
    return opened ? "" : opened.error().to_string();
  }

  const std::string on_device = " on nvme-tcp://scripted/nqn.2026-11.example:scripted";

 private:
  Buffer buffer_;
  std::uint32_t times_ = 0;
};

/// What breaks the connection is got over by another one.
TEST_F(MisbehaviourTest, WrongPdusEndTheConnectionAndTheCommandIsSentAgain) {
  must_open();
  ASSERT_TRUE(write(0, 8, 1));
  for (const Answer answer : {Answer::wrong_id, Answer::data_behind, Answer::foreign_data, Answer::terminate,
                              Answer::garbage, Answer::cut_before, Answer::cut_after, Answer::twice}) {
    SCOPED_TRACE(static_cast<int>(answer));
    const std::uint32_t before = target().connections;
    misbehave(nvme::Opcode::read, answer, 1);
    const Status status = read();
    EXPECT_TRUE(status) << status.error().to_string();
    EXPECT_TRUE(read());
    EXPECT_EQ(target().connections, before + 2) << "an admin and an I/O queue";
  }
}

TEST_F(MisbehaviourTest, R2TsOfDataThatThereIsNot) {
  must_open();
  Lba lba = 0;
  for (const Answer answer : {Answer::ready_behind, Answer::ready_twice}) {
    SCOPED_TRACE(static_cast<int>(answer));
    const std::uint32_t before = target().connections;
    script().ready_max_bytes = 4096;
    misbehave(nvme::Opcode::write, answer, 1);
    const Status status = write(lba, 20, 2);  // more than the capsule takes
    EXPECT_TRUE(status) << status.error().to_string();
    EXPECT_EQ(target().connections, before + 2);
    lba += 20;
  }
  EXPECT_EQ(sim().written_blocks(0), 40U);
}

TEST_F(MisbehaviourTest, ATargetThatNeverLearns) {
  must_open();
  misbehave(nvme::Opcode::read, Answer::wrong_id, 1000);
  const Status status = read();
  ASSERT_FALSE(status);
  EXPECT_EQ(
      status.error().to_string(),
      "read" + on_device +
          ", zone 0, LBA 0: Input/output error: the connection was lost 10 times while this command was under way");
}

TEST_F(MisbehaviourTest, TooLittleDataIsAnError) {
  must_open();
  misbehave(nvme::Opcode::read, Answer::short_data, 1);
  const Status status = read();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().detail(), "the controller sent 4088 of 4096 bytes");
  EXPECT_TRUE(read()) << "the connection stays";
  misbehave(nvme::Opcode::write, Answer::no_ready, 1);
  const Status written = write(0, 20, 1);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().detail(), "the controller took 0 of 10240 bytes");
}

TEST_F(MisbehaviourTest, WrongDigestsAreReadAgain) {
  place.link.association.digests = {true, true};
  must_open();
  ASSERT_TRUE(write(0, 8, 1));
  const std::uint32_t before = target().connections;
  misbehave(nvme::Opcode::read, Answer::bad_digest, 2);
  const Status status = read();
  EXPECT_TRUE(status) << status.error().to_string();
  EXPECT_EQ(target().connections, before) << "the connection stays";
  misbehave(nvme::Opcode::read, Answer::bad_digest, 1000);
  const Status never = read();
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().detail(), "the data came with a wrong digest");
}

TEST_F(MisbehaviourTest, StatusesAreErrorsOfTheirMeaning) {
  must_open();
  script().status = nvme::status::zone_offline;
  misbehave(nvme::Opcode::read, Answer::status, 1);
  const Status status = read();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().zone_refusal(), ZoneRefusal::offline);
  EXPECT_EQ(status.error().nvme_status(), nvme::status::zone_offline);
}

TEST_F(MisbehaviourTest, ASilentTargetIsGivenUp) {
  place.link.association.keep_alive_ms = 20;
  must_open();
  const std::uint32_t before = target().connections;
  script().answer = [this, before](const nvme::Command&, std::uint16_t) {
    // What is on the first connections is never answered: no Keep Alive either.
    return target().connections == before ? Answer::never : Answer::right;
  };
  const Status status = read();
  EXPECT_TRUE(status) << status.error().to_string();
  EXPECT_EQ(target().connections, before + 2);
}

TEST_F(MisbehaviourTest, ATargetThatIsGone) {
  must_open();
  script().refuse_connections = ~0U;
  target().cut();
  const Status status = read();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().to_string(),
            "read" + on_device +
                ", zone 0, LBA 0: Input/output error: the connection to the target was lost, "
                "and did not come back within 0 s: connect: Connection refused: scripted");
  script().refuse_connections = 0;
  // It comes back, and the device with it, once it is noticed.
  test::run_void(loop(), read_until_it_works());
}

TEST_F(MisbehaviourTest, WithoutReconnectALossIsForGood) {
  place.link.reconnect_ms = 0;
  must_open();
  const std::uint32_t before = target().connections;
  target().cut();
  for (int i = 0; i < 3; ++i) {
    const Status status = read();
    ASSERT_FALSE(status);
    EXPECT_TRUE(status.error().detail().starts_with("the connection to the target was lost"))
        << status.error().detail();
  }
  EXPECT_EQ(target().connections, before);
}

TEST_F(MisbehaviourTest, AnotherNamespaceIsNotTakenForTheOneThatWas) {
  must_open();
  script().nguid[0] = std::byte{99};
  target().cut();
  const Status status = read();
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().detail().find("the target came back with another namespace 1"), std::string::npos)
      << status.error().detail();
}

/// Somebody else writes, resets or finishes the zone of a command whose answer is lost.
TEST_F(MisbehaviourTest, AnotherHostsDataIsNotTakenForTheCommands) {
  struct Row {
    const char* what;
    std::function<void(ZoneIndex)> disturb;
    const char* told;
  };
  const Row rows[] = {
      {"written as long", [this](ZoneIndex zone) { sim().zones().foreign_write(zone, 8); },
       "other data was written from LBA"},
      {"written longer", [this](ZoneIndex zone) { sim().zones().foreign_write(zone, 9); }, "its write pointer at LBA"},
      {"finished", [this](ZoneIndex zone) { sim().zones().finish(zone); }, "it is full"},
  };
  must_open();
  ZoneIndex zone = 0;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const Lba lba = zone * 64;
    ASSERT_TRUE(write(lba, 4, 1));
    misbehave(nvme::Opcode::write, Answer::cut_before, 1);
    script().refuse_connections = 0;
    auto answer = script().answer;
    script().answer = [&, answer](const nvme::Command& command, std::uint16_t queue_id) {
      const Answer what = answer(command, queue_id);
      if (what == Answer::cut_before) row.disturb(zone);
      return what;
    };
    const Status status = write(lba + 4, 8, 2);
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().detail().find("the zone has been changed by somebody else since"), std::string::npos);
    EXPECT_NE(status.error().detail().find(row.told), std::string::npos) << status.error().detail();
    EXPECT_EQ(target().taken[static_cast<std::uint8_t>(nvme::Opcode::write)], 2U) << "it was not sent again";
    target().taken.clear();
    ++zone;
  }
}

TEST_F(MisbehaviourTest, ATargetThatIsNotOursIsWaitedFor) {
  script().identity.model = "another";
  script().identity.quiesce_time_ms = 40;
  place.link.association.keep_alive_ms = 20;
  place.link.reconnect_ms = 5'000;
  must_open();
  ASSERT_TRUE(write(0, 4, 1));
  // All connections go at once, so that the controller cannot be asked to stop.
  script().answer = [this](const nvme::Command& command, std::uint16_t queue_id) {
    if (queue_id == 0 || command.opcode != static_cast<std::uint8_t>(nvme::Opcode::write)) return Answer::right;
    script().answer = nullptr;
    target().cut();
    return Answer::cut_after;
  };
  const Status status = write(4, 4, 2);
  EXPECT_TRUE(status) << status.error().to_string();
  EXPECT_EQ(sim().written_blocks(0), 8U);
}

TEST_F(MisbehaviourTest, HandshakesThatFail) {
  const auto opening = [this](const std::function<void()>& spoil) {
    script() = test::Script();
    script().ic.data_max_bytes = 4096;
    script().identity = test::usual_identity();
    script().not_ready_polls = 0;
    place.link.association.digests = {};
    spoil();
    const std::string error = open_error();
    const std::string prefix = on_device + ": ";
    const std::size_t at = error.find(prefix);
    return at == std::string::npos ? error : error.substr(0, at) + ": " + error.substr(at + prefix.size());
  };
  EXPECT_EQ(opening([this] { script().refuse_connections = 1; }), "connect: Connection refused: scripted");
  EXPECT_EQ(opening([this] { script().several_command_sets = false; }),
            "connect: Operation not supported: the controller has no zoned namespaces (CAP.CSS)");
  EXPECT_NE(opening([this] { script().connect_result = 1U << 17; }).find("Permission denied"), std::string::npos);
  EXPECT_EQ(opening([this] { script().identity.in_capsule_data_bytes = 0; }), "") << "all data by R2T";
  close_device();
  EXPECT_EQ(opening([this] {
              place.link.association.digests = {true, false};
              script().digests_had = {false, false};
            }),
            "receive: Protocol error: the target does not take the digests that were asked for (ICResp)");
  EXPECT_EQ(opening([this] { script().ic.data_max_bytes = 100; }),
            "receive: Protocol error: ICResp: Invalid PDU Header Field (0xc)");
  EXPECT_EQ(opening([this] {
              script().status = 0x182;
              script().answer = [](const nvme::Command& command, std::uint16_t) {
                return command.opcode == 0x7f && command.nsid == 1 ? Answer::status : Answer::right;
              };
            }),
            "Connect: Input/output error (NVMe status 0x182): the target says that a parameter is invalid");
  EXPECT_EQ(opening([this] {
              script().status = 0x184;
              script().answer = [](const nvme::Command& command, std::uint16_t) {
                return command.opcode == 0x7f && command.nsid == 1 ? Answer::status : Answer::right;
              };
            }),
            "Connect: Permission denied (NVMe status 0x184): the target does not let this host in, whose NQN is "
            "nqn.2026-11.example:host");
}

TEST_F(MisbehaviourTest, AHandshakeThatStopsInTheMiddle) {
  place.link.connect_limit_ms = 50;
  for (int stops_at = 0; stops_at < 12; ++stops_at) {
    SCOPED_TRACE(stops_at);
    int commands = 0;
    script().answer = [&](const nvme::Command&, std::uint16_t) {
      return commands++ == stops_at ? Answer::never : Answer::right;
    };
    const Status opened = open();
    if (opened) {
      close_device();
      continue;
    }
    EXPECT_EQ(opened.error().code(), ETIMEDOUT) << opened.error().to_string();
  }
}

TEST_F(MisbehaviourTest, WriteProtected) {
  script().write_protected = true;
  place.claim = RemoteClaim::write;
  EXPECT_EQ(open_error(),
            "open" + on_device +
                ": Read-only file system: the device is write-protected; to mount it for reading, add -o ro");
  place.claim = RemoteClaim::read;
  must_open();
  EXPECT_TRUE(read());
  EXPECT_EQ(device().make_writable().error().code(), EROFS);
}

TEST_F(MisbehaviourTest, WhichNamespace) {
  place.nsid = 5;
  EXPECT_NE(open_error().find("the target tells of no namespace 5"), std::string::npos);
  place.nsid.reset();
  must_open();
  EXPECT_EQ(device().identity().id.substr(0, 21), "nvme-tcp nguid:070000");
}

}  // namespace
}  // namespace zonecopy::remote
