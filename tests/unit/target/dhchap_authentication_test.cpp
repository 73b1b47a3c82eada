// Authentication as a queue of the target sees it: what is answered when, and when it is over.
#include "src/target/dhchap_authentication.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/nvme/fabrics/admin.h"
#include "src/nvme/fabrics/dhchap_host.h"

namespace zonecopy::target {
namespace {

namespace fabrics = nvme::fabrics;
namespace dhchap = nvme::fabrics::dhchap;
using fabrics::Bytes;

const std::string host_nqn = "nqn.2026-01.org.example:host";
const std::string subsystem_nqn = "nqn.2026-01.org.example:disk";

fabrics::Key key_of(int byte) { return {std::nullopt, Secret(Bytes(32, static_cast<std::byte>(byte)))}; }

class DhchapAuthentication : public testing::Test {
 protected:
  DhchapAuthentication() {
    side_.parties = {host_nqn, subsystem_nqn};
    side_.key = key_of(1).bytes;
    side_.groups = {fabrics::DhGroup::null};
  }
  std::unique_ptr<Authentication> connect(const std::string& subsystem = subsystem_nqn) {
    fabrics::KeyList keys;
    keys.by_nqn.emplace(host_nqn, key_of(1));
    keys.by_nqn.emplace(subsystem_nqn, key_of(2));
    const AuthenticationFactory factory =
        authenticate_with({std::move(keys), system_randomness(), [this](const std::string& line) { log_ += line; }});
    fabrics::ConnectData data;
    data.host_nqn = host_nqn;
    data.subsystem_nqn = subsystem;
    return factory(data, 1);
  }
  /// What an Authentication Receive gets.
  static Bytes given(Authentication& authentication) {
    Bytes message(dhchap::message_max_bytes);
    EXPECT_EQ(authentication.give(message), 0);
    return message;
  }
  dhchap::Step run(Authentication& authentication) {
    dhchap::Host host(side_, 1, system_randomness());
    EXPECT_EQ(authentication.take(host.begin()), 0);
    dhchap::Step step = host.receive(given(authentication));
    EXPECT_FALSE(authentication.done());
    EXPECT_EQ(authentication.take(step.send), 0);
    EXPECT_FALSE(authentication.done() || authentication.failed()) << "the host has not been told";
    step = host.receive(given(authentication));
    if (!step.send.empty()) {
      EXPECT_EQ(authentication.take(step.send), 0);
    }
    return step;
  }

  dhchap::HostSide side_;
  std::string log_;
};

TEST_F(DhchapAuthentication, HostThatIsKnown) {
  const std::unique_ptr<Authentication> authentication = connect();
  EXPECT_EQ(run(*authentication).outcome, dhchap::Outcome::authenticated);
  EXPECT_TRUE(authentication->done());
  EXPECT_FALSE(authentication->failed());
  EXPECT_EQ(log_, "");
}

TEST_F(DhchapAuthentication, BothWays) {
  side_.controller_key = key_of(2).bytes;
  const std::unique_ptr<Authentication> authentication = connect();
  EXPECT_EQ(run(*authentication).outcome, dhchap::Outcome::authenticated);
  EXPECT_TRUE(authentication->done());
}

TEST_F(DhchapAuthentication, HostWithWrongKeyIsToldBeforeTheEnd) {
  side_.key = key_of(3).bytes;
  const std::unique_ptr<Authentication> authentication = connect();
  const dhchap::Step step = run(*authentication);
  EXPECT_TRUE(step.peer_failed);
  EXPECT_EQ(step.failure, dhchap::Failure::failed);
  EXPECT_TRUE(authentication->failed());
  EXPECT_FALSE(authentication->done());
  EXPECT_NE(log_.find(host_nqn), std::string::npos);
}

TEST_F(DhchapAuthentication, HostThatRefusesTheController) {
  side_.controller_key = key_of(3).bytes;
  const std::unique_ptr<Authentication> authentication = connect();
  EXPECT_EQ(run(*authentication).outcome, dhchap::Outcome::failed);
  EXPECT_TRUE(authentication->failed());
}

/// A host may prove itself again, and is who it was meanwhile; one that fails then is out.
TEST_F(DhchapAuthentication, Again) {
  const std::unique_ptr<Authentication> authentication = connect();
  EXPECT_EQ(run(*authentication).outcome, dhchap::Outcome::authenticated);
  dhchap::Host host(side_, 2, system_randomness());
  EXPECT_EQ(authentication->take(host.begin()), 0);
  EXPECT_TRUE(authentication->done());
  dhchap::Step step = host.receive(given(*authentication));
  EXPECT_EQ(authentication->take(step.send), 0);
  EXPECT_EQ(host.receive(given(*authentication)).outcome, dhchap::Outcome::authenticated);
  EXPECT_TRUE(authentication->done());
  EXPECT_EQ(authentication->take(step.send), 0) << "a reply that comes again";
  static_cast<void>(given(*authentication));
  EXPECT_TRUE(authentication->failed());
  EXPECT_FALSE(authentication->done());
}

TEST_F(DhchapAuthentication, CommandsOutOfTurn) {
  const std::unique_ptr<Authentication> authentication = connect();
  Bytes room(dhchap::message_max_bytes);
  EXPECT_EQ(authentication->give(room), fabrics::status::command_sequence_error);
  dhchap::Host host(side_, 1, system_randomness());
  EXPECT_EQ(authentication->take(host.begin()), 0);
  EXPECT_EQ(authentication->take(host.begin()), fabrics::status::command_sequence_error);
  Bytes little(8);
  EXPECT_EQ(authentication->give(little), fabrics::status::invalid_field);
  EXPECT_EQ(authentication->give(room), 0);
  EXPECT_EQ(authentication->give(room), fabrics::status::command_sequence_error);
}

TEST_F(DhchapAuthentication, DiscoveryAsksForNothing) {
  EXPECT_EQ(connect(std::string(fabrics::discovery_nqn)), nullptr);
}

}  // namespace
}  // namespace zonecopy::target
