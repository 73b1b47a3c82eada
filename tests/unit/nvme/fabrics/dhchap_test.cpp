// Both sides of DH-HMAC-CHAP against one another, and each against a peer that is wrong, out of turn or hostile.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "src/nvme/fabrics/dhchap_controller.h"
#include "src/nvme/fabrics/dhchap_host.h"
#include "tests/support/random.h"
#include "tests/support/seed.h"
#include "tests/unit/nvme/fabrics/hex.h"

namespace zonecopy::nvme::fabrics::dhchap {
namespace {

constexpr std::uint16_t transaction = 0x1234;

Randomness random_from(std::uint64_t seed) {
  return [random = test::Random(seed)](std::span<std::byte> bytes) mutable {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
  };
}

Parties parties() { return {"nqn.2026-01.org.example:host", "nqn.2026-01.org.example:disk"}; }
Secret key_of(int byte) { return Secret(repeated(32, byte)); }

/// Sides that know each other, without an exchange, which would take the most time.
HostSide host_side() {
  HostSide side;
  side.parties = parties();
  side.key = key_of(1);
  return side;
}
ControllerSide controller_side() {
  ControllerSide side;
  side.parties = parties();
  side.host_key = key_of(1);
  side.own_key = key_of(2);
  side.groups = {DhGroup::null};
  return side;
}

/// Any message of the transaction may be changed on its way.
using Change = std::function<void(Message&)>;
Bytes changed(const Bytes& bytes, const Change& change) {
  if (!change || bytes.empty()) return bytes;
  Message message = std::get<Message>(decode(bytes));
  change(message);
  return encode(message);
}

struct Ends {
  Step host;
  Step controller;
};

/// Carries messages to and fro until neither side has one to send.
Ends run(Host& host, Controller& controller, const Change& change = {}) {
  Ends ends;
  ends.controller = controller.receive(changed(host.begin(), change));
  // A transaction has five messages, and one more where it fails.
  for (int n = 0; n < 3 && !ends.controller.send.empty(); ++n) {
    ends.host = host.receive(changed(ends.controller.send, change));
    if (ends.host.send.empty()) break;
    ends.controller = controller.receive(changed(ends.host.send, change));
  }
  return ends;
}

Ends run(const HostSide& host_side, const ControllerSide& controller_side, const Change& change = {}) {
  Host host(host_side, transaction, random_from(1));
  Controller controller(controller_side, random_from(2));
  return run(host, controller, change);
}

TEST(Dhchap, AllHashesAndGroups) {
  for (const HashId hash : all_hashes) {
    for (const DhGroup group : all_groups) {
      for (const bool both_ways : {false, true}) {
        HostSide host_has = host_side();
        if (both_ways) host_has.controller_key = key_of(2);
        ControllerSide controller_has = controller_side();
        controller_has.hashes = {hash};
        controller_has.groups = {group};
        Host host(host_has, transaction, random_from(1));
        Controller controller(controller_has, random_from(2));
        const Ends ends = run(host, controller);
        EXPECT_EQ(ends.host.outcome, Outcome::authenticated) << to_string(hash) << to_string(group) << both_ways;
        EXPECT_EQ(ends.controller.outcome, Outcome::authenticated) << to_string(hash) << to_string(group) << both_ways;
        EXPECT_EQ(host.hash(), hash);
        EXPECT_EQ(controller.group(), group);
      }
    }
  }
}

/// What the controller likes best of what the host has, too.
TEST(Dhchap, Choice) {
  HostSide host_has = host_side();
  ControllerSide controller_has = controller_side();
  controller_has.groups = ControllerSide().groups;
  struct Row {
    std::vector<HashId> hashes;
    std::vector<DhGroup> groups;
    HashId hash;
    DhGroup group;
  };
  const std::vector<Row> rows = {
      {host_has.hashes, {DhGroup::ffdhe8192, DhGroup::ffdhe2048}, HashId::sha512, DhGroup::ffdhe2048},
      {{HashId::sha256, HashId::sha384}, host_has.groups, HashId::sha384, DhGroup::ffdhe3072},
      {{HashId::sha256}, {DhGroup::null}, HashId::sha256, DhGroup::null},
  };
  for (const Row& row : rows) {
    host_has.hashes = row.hashes;
    host_has.groups = row.groups;
    Host host(host_has, transaction, random_from(1));
    Controller controller(controller_has, random_from(2));
    EXPECT_EQ(run(host, controller).host.outcome, Outcome::authenticated);
    EXPECT_EQ(controller.hash(), row.hash);
    EXPECT_EQ(controller.group(), row.group);
  }
}

void expect_controller_refused(const Ends& ends, Failure failure, const std::string& what) {
  EXPECT_EQ(ends.controller.outcome, Outcome::failed) << what;
  EXPECT_EQ(ends.controller.failure, failure) << what;
  EXPECT_FALSE(ends.controller.peer_failed) << what;
  EXPECT_EQ(ends.host.outcome, Outcome::failed) << what;
  EXPECT_EQ(ends.host.failure, failure) << what;
  EXPECT_TRUE(ends.host.peer_failed) << what;
  const ControllerFailure sent{transaction, failure};
  EXPECT_EQ(ends.controller.send, encode(sent)) << what;
}
void expect_host_refused(const Ends& ends, Failure failure, const std::string& what) {
  EXPECT_EQ(ends.host.outcome, Outcome::failed) << what;
  EXPECT_EQ(ends.host.failure, failure) << what;
  EXPECT_FALSE(ends.host.peer_failed) << what;
  EXPECT_EQ(ends.controller.outcome, Outcome::failed) << what;
  EXPECT_EQ(ends.controller.failure, failure) << what;
  EXPECT_TRUE(ends.controller.peer_failed) << what;
  const HostFailure sent{transaction, failure};
  EXPECT_EQ(ends.host.send, encode(sent)) << what;
}

TEST(Dhchap, WrongKeys) {
  HostSide host_has = host_side();
  host_has.key = key_of(3);
  expect_controller_refused(run(host_has, controller_side()), Failure::failed, "the host's key");
  ControllerSide controller_has = controller_side();
  controller_has.host_key.reset();
  expect_controller_refused(run(host_side(), controller_has), Failure::failed, "a host that has no key there");
  host_has = host_side();
  host_has.controller_key = key_of(3);
  expect_host_refused(run(host_has, controller_side()), Failure::failed, "the controller's key");
  controller_has = controller_side();
  controller_has.own_key.reset();
  expect_controller_refused(run(host_has, controller_has), Failure::failed, "a controller that has no key");
  host_has = host_side();
  host_has.parties.subsystem_nqn += "s";
  expect_controller_refused(run(host_has, controller_side()), Failure::failed, "another subsystem");
  host_has = host_side();
  host_has.parties.host_nqn += "s";
  expect_controller_refused(run(host_has, controller_side()), Failure::failed, "another host");
}

/// The controller's key must not do as the host's: a response cannot be sent back to who made it.
TEST(Dhchap, ResponseOfOneSideIsNotTheOthers) {
  const Question question{HashId::sha256, repeated(32, 7), {}, 1, transaction};
  const Parties same = {"nqn.2026-01.org.example:x", "nqn.2026-01.org.example:x"};
  EXPECT_NE(*host_response(question, repeated(32, 1), same), *controller_response(question, repeated(32, 1), same));
}

template <typename Kind>
Change change_of(std::function<void(Kind&)> change) {
  return [change](Message& message) {
    if (auto* const one = std::get_if<Kind>(&message)) change(*one);
  };
}

TEST(Dhchap, ControllerRefusesWrongFields) {
  struct Row {
    std::string what;
    Change change;
    Failure failure;
  };
  const std::vector<Row> rows = {
      {"a secure channel", change_of<Negotiate>([](Negotiate& one) { one.secure_channel = 1; }),
       Failure::concatenation},
      {"unknown hashes", change_of<Negotiate>([](Negotiate& one) {
         one.hashes = {0, 4, 255};
       }),
       Failure::hash_unusable},
      {"no hash", change_of<Negotiate>([](Negotiate& one) { one.hashes.clear(); }), Failure::hash_unusable},
      {"unknown groups", change_of<Negotiate>([](Negotiate& one) {
         one.groups = {6, 255};
       }),
       Failure::group_unusable},
      {"no group", change_of<Negotiate>([](Negotiate& one) { one.groups.clear(); }), Failure::group_unusable},
      {"another transaction", change_of<Reply>([](Reply& one) { ++one.transaction; }), Failure::incorrect_payload},
      {"a short response", change_of<Reply>([](Reply& one) { one.response.pop_back(); }), Failure::incorrect_payload},
      {"no response", change_of<Reply>([](Reply& one) { one.response.clear(); }), Failure::incorrect_payload},
      {"a value without a group", change_of<Reply>([](Reply& one) { one.dh_value = repeated(256, 2); }),
       Failure::incorrect_payload},
      {"a wrong response", change_of<Reply>([](Reply& one) { one.response[0] ^= std::byte{1}; }), Failure::failed},
      {"a response of zeros", change_of<Reply>([](Reply& one) { one.response = repeated(64, 0); }), Failure::failed},
  };
  for (const Row& row : rows) {
    Ends ends = run(host_side(), controller_side(), row.change);
    expect_controller_refused(ends, row.failure, row.what);
  }
}

TEST(Dhchap, ControllerRefusesWrongValues) {
  ControllerSide controller_has = controller_side();
  controller_has.groups = {DhGroup::ffdhe2048};
  for (const Bytes& value : {Bytes(), repeated(256, 0), from_hex("01"), repeated(256, 0xff), repeated(257, 1)}) {
    const Ends ends = run(host_side(), controller_has, change_of<Reply>([&](Reply& one) { one.dh_value = value; }));
    expect_controller_refused(ends, Failure::incorrect_payload, "a value of " + std::to_string(value.size()));
  }
  // A value that is possible, and not the host's: the response was bound to another secret.
  const Ends ends =
      run(host_side(), controller_has, change_of<Reply>([](Reply& one) { one.dh_value[9] ^= std::byte{1}; }));
  expect_controller_refused(ends, Failure::failed, "the value of somebody between");
}

TEST(Dhchap, HostRefusesWrongFields) {
  struct Row {
    std::string what;
    Change change;
    Failure failure;
  };
  const std::vector<Row> rows = {
      {"an unknown hash", change_of<Challenge>([](Challenge& one) { one.hash = 9; }), Failure::hash_unusable},
      {"a hash that was not offered", change_of<Challenge>([](Challenge& one) { one.hash = 1; }),
       Failure::hash_unusable},
      {"a short challenge", change_of<Challenge>([](Challenge& one) { one.challenge.pop_back(); }),
       Failure::incorrect_payload},
      {"an unknown group", change_of<Challenge>([](Challenge& one) { one.group = 6; }), Failure::group_unusable},
      {"a group that was not offered", change_of<Challenge>([](Challenge& one) { one.group = 5; }),
       Failure::group_unusable},
      {"a group without a value", change_of<Challenge>([](Challenge& one) { one.group = 1; }),
       Failure::incorrect_payload},
      {"a value without a group", change_of<Challenge>([](Challenge& one) { one.dh_value = repeated(256, 2); }),
       Failure::incorrect_payload},
      {"a value that is wrong", change_of<Challenge>([](Challenge& one) {
         one.group = 1;
         one.dh_value = repeated(256, 0xff);
       }),
       Failure::incorrect_payload},
      {"another transaction", change_of<Challenge>([](Challenge& one) { ++one.transaction; }),
       Failure::incorrect_payload},
      {"another transaction at its end", change_of<Success1>([](Success1& one) { ++one.transaction; }),
       Failure::incorrect_payload},
      {"another hash at its end", change_of<Success1>([](Success1& one) { one.hash_size_bytes = 32; }),
       Failure::incorrect_payload},
      {"no response", change_of<Success1>([](Success1& one) { one.response.reset(); }), Failure::failed},
      {"a wrong response", change_of<Success1>([](Success1& one) { (*one.response)[63] ^= std::byte{1}; }),
       Failure::failed},
  };
  HostSide host_has = host_side();
  host_has.controller_key = key_of(2);
  host_has.hashes = {HashId::sha512, HashId::sha384};
  host_has.groups = {DhGroup::null, DhGroup::ffdhe2048};
  for (const Row& row : rows) {
    const Ends ends = run(host_has, controller_side(), row.change);
    EXPECT_EQ(ends.host.outcome, Outcome::failed) << row.what;
    EXPECT_EQ(ends.host.failure, row.failure) << row.what;
    EXPECT_EQ(ends.controller.outcome, Outcome::failed) << row.what;
  }
}

/// A response that was not asked for is somebody else's.
TEST(Dhchap, HostRefusesResponseItDidNotAskFor) {
  const Change change = change_of<Success1>([](Success1& one) { one.response = repeated(64, 1); });
  EXPECT_EQ(run(host_side(), controller_side(), change).host.failure, Failure::incorrect_payload);
}

/// A challenge with the sequence 0 is for a secure channel (8.13.5.4): no proof is asked for by it.
TEST(Dhchap, ChallengeThatIsNotForAuthentication) {
  HostSide host_has = host_side();
  host_has.controller_key = key_of(2);
  Success1 seen;
  run(host_has, controller_side(), [&](Message& message) {
    if (auto* const reply = std::get_if<Reply>(&message)) reply->sequence = 0;
    if (auto* const success = std::get_if<Success1>(&message)) seen = *success;
  });
  EXPECT_EQ(seen.hash_size_bytes, 64);
  EXPECT_FALSE(seen.response.has_value());
}

std::vector<Message> one_of_each() {
  Reply reply{transaction, 1, repeated(64, 1), std::nullopt, {}};
  return {Negotiate{transaction, 0, {1, 2, 3}, {0}},
          Challenge{transaction, 3, 0, 1, repeated(64, 1), {}},
          reply,
          Success1{transaction, 64, std::nullopt},
          Success2{transaction},
          ControllerFailure{transaction, Failure::failed},
          HostFailure{transaction, Failure::failed}};
}

TEST(Dhchap, ControllerOutOfTurn) {
  HostSide host_has = host_side();
  host_has.controller_key = key_of(2);
  const ControllerSide controller_has = controller_side();
  // How many of the host's messages have arrived, and which may come then: Negotiate, Reply, Success2, none.
  const std::vector<std::size_t> fit = {0, 2, 4, 99};
  for (std::size_t arrived = 0; arrived < fit.size(); ++arrived) {
    const std::vector<Message> messages = one_of_each();
    for (std::size_t i = 0; i < messages.size(); ++i) {
      Host host(host_has, transaction, random_from(1));
      Controller controller(controller_has, random_from(2));
      Step step = arrived > 0 ? controller.receive(host.begin()) : Step();
      for (std::size_t n = 1; n < arrived; ++n) step = controller.receive(host.receive(step.send).send);
      if (i == fit[arrived]) continue;
      step = controller.receive(encode(messages[i]));
      EXPECT_EQ(step.outcome, Outcome::failed) << arrived << " " << i;
      const bool of_peer = std::holds_alternative<HostFailure>(messages[i]);
      EXPECT_EQ(step.peer_failed, of_peer) << arrived << " " << i;
      EXPECT_EQ(step.failure, of_peer ? Failure::failed : Failure::unexpected_message) << arrived << " " << i;
      // Nothing begins again after the end.
      step = controller.receive(host.begin());
      EXPECT_EQ(step.failure, Failure::unexpected_message) << arrived << " " << i;
    }
  }
}

TEST(Dhchap, HostOutOfTurn) {
  const HostSide host_has = host_side();
  const ControllerSide controller_has = controller_side();
  const std::vector<std::size_t> fit = {1, 3, 99};
  for (std::size_t arrived = 0; arrived < fit.size(); ++arrived) {
    const std::vector<Message> messages = one_of_each();
    for (std::size_t i = 0; i < messages.size(); ++i) {
      Host host(host_has, transaction, random_from(1));
      Controller controller(controller_has, random_from(2));
      Bytes next = host.begin();
      for (std::size_t n = 0; n < arrived; ++n) next = host.receive(controller.receive(next).send).send;
      if (i == fit[arrived]) continue;
      const Step step = host.receive(encode(messages[i]));
      EXPECT_EQ(step.outcome, Outcome::failed) << arrived << " " << i;
      const bool of_peer = std::holds_alternative<ControllerFailure>(messages[i]);
      EXPECT_EQ(step.peer_failed, of_peer) << arrived << " " << i;
      EXPECT_EQ(step.failure, of_peer ? Failure::failed : Failure::unexpected_message) << arrived << " " << i;
    }
  }
}

/// A reply that was right once is not a second time: the challenge is another.
TEST(Dhchap, ReplayedReply) {
  const HostSide host_has = host_side();
  const ControllerSide controller_has = controller_side();
  Host host(host_has, transaction, random_from(1));
  Controller controller(controller_has, random_from(2));
  const Bytes negotiate = host.begin();
  const Bytes reply = host.receive(controller.receive(negotiate).send).send;
  ASSERT_EQ(controller.receive(reply).outcome, Outcome::authenticated);
  EXPECT_EQ(controller.receive(reply).failure, Failure::unexpected_message);
  Controller next(controller_has, random_from(3));
  static_cast<void>(next.receive(negotiate));
  EXPECT_EQ(next.receive(reply).failure, Failure::failed);
}

/// Some bytes are changed, or the end is cut off.
Bytes spoilt(Bytes bytes, test::Random& random) {
  if (random.percent(20)) bytes.resize(random.below(bytes.size()));
  for (std::uint64_t n = random.between(1, 4); n > 0 && !bytes.empty(); --n) {
    bytes[random.below(std::min<std::size_t>(bytes.size(), 80))] = static_cast<std::byte>(random.next());
  }
  return bytes;
}

/// Anything may come from the other side, at any step: a side ends, and no host is let in whose key is wrong.
TEST(Dhchap, AnyBytes) {
  test::Random random(test::test_seed());
  HostSide host_has = host_side();
  host_has.controller_key = key_of(2);
  host_has.key = key_of(3);
  const ControllerSide controller_has = controller_side();
  ControllerSide controller_knows = controller_side();
  controller_knows.host_key = key_of(3);
  for (int i = 0; i < 10000; ++i) {
    const bool known = random.percent(50);
    Host host(host_has, transaction, random_from(random.next()));
    Controller controller(known ? controller_knows : controller_has, random_from(random.next()));
    const std::uint64_t victim = random.below(5);
    Bytes message = host.begin();
    Step step;
    for (std::uint64_t number = 0; number < 6 && !message.empty(); ++number) {
      if (number == victim) message = spoilt(message, random);
      step = number % 2 == 0 ? controller.receive(message) : host.receive(message);
      ASSERT_EQ(step.outcome == Outcome::failed, step.failure.has_value());
      ASSERT_TRUE(known || number % 2 != 0 || step.outcome != Outcome::authenticated);
      message = step.send;
    }
    ASSERT_NE(step.outcome, Outcome::going_on);
  }
}

}  // namespace
}  // namespace zonecopy::nvme::fabrics::dhchap
