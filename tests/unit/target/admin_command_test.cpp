// What a controller answers to admin commands and properties: each of them, and each way in which it refuses.
#include <gtest/gtest.h>

#include <cstring>

#include "src/base/endian.h"
#include "src/nvme/fabrics/admin.h"
#include "src/nvme/fabrics/discovery_log.h"
#include "src/nvme/fabrics/identify_encode.h"
#include "src/nvme/fabrics/log_pages.h"
#include "src/nvme/fabrics/nqn.h"
#include "src/nvme/fabrics/properties.h"
#include "tests/support/target/target_test.h"

namespace zonecopy::test {
namespace {

using namespace nvme::fabrics;

class Admin : public TargetTest {
 protected:
  Answer identify(ScriptedHost& host, std::uint32_t cns, std::uint32_t nsid = 0, std::uint32_t command_set = 0) {
    return run(host.send(admin_command(0x06, cns, command_set << 24, nsid), {}, 4096));
  }
  Answer log(ScriptedHost& host, std::uint8_t page, std::uint32_t bytes, std::uint64_t offset = 0,
             std::uint8_t command_set = 0) {
    return run(host.send(get_log_page(page, command_set, bytes, offset), {}, bytes));
  }
  Answer get(ScriptedHost& host, std::uint8_t feature, std::uint32_t bytes = 0, std::uint32_t cdw11 = 0) {
    return run(host.send(admin_command(0x0a, feature, cdw11), {}, bytes));
  }
  Answer set(ScriptedHost& host, std::uint32_t cdw10, std::uint32_t cdw11, HostBytes data = {}) {
    return run(host.send(admin_command(0x09, cdw10, cdw11), std::move(data)));
  }
};

TEST_F(Admin, IdentifyTellsWhatIsServed) {
  ScriptedHost& admin = new_admin();
  const Answer controller = identify(admin, 1);
  ASSERT_EQ(controller.data.size(), 4096U);
  EXPECT_EQ(decode_fabrics_controller(controller.data).controller_id, controller_id);
  EXPECT_EQ(decode_fabrics_controller(controller.data).namespaces, 2U);
  EXPECT_EQ(decode_fabrics_controller(controller.data).subsystem_nqn, ConnectChoice{}.subsystem);
  EXPECT_TRUE(nvme::decode_controller(controller.data).copy_supported);
  EXPECT_EQ(decode_namespace_list(identify(admin, 2).data), (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(decode_namespace_list(identify(admin, 2, 1).data), (std::vector<std::uint32_t>{2}));
  EXPECT_EQ(decode_namespace_list(identify(admin, 7, 0, 2).data), (std::vector<std::uint32_t>{1, 2}));
  EXPECT_TRUE(decode_namespace_list(identify(admin, 7, 0, 0).data).empty()) << "all are zoned";
  const auto space = nvme::decode_namespace(identify(admin, 0, 2).data);
  EXPECT_EQ(space.size_blocks, 8U * served_zone_blocks);
  EXPECT_EQ(space.block_size_bytes, served_block_bytes);
  EXPECT_EQ(nvme::decode_zoned_namespace(identify(admin, 5, 1, 2).data, 0).zone_size_blocks, served_zone_blocks);
  const NamespaceDescriptors first = decode_descriptors(identify(admin, 3, 1).data);
  const NamespaceDescriptors second = decode_descriptors(identify(admin, 3, 2).data);
  EXPECT_EQ(first.command_set, 2);
  EXPECT_NE(first.uuid, second.uuid);
  EXPECT_NE(nvme::decode_zasl(identify(admin, 6, 0, 2).data), 0);
  EXPECT_EQ(identify(admin, 6, 0, 0).status, 0);
  EXPECT_EQ(identify(admin, 5, 1, 0).status, 0);
  EXPECT_EQ(identify(admin, 8, 1).data.at(14), std::byte{1});
  EXPECT_EQ(little_endian<std::uint32_t>(identify(admin, 0x13).data, 0), 1U | std::uint32_t{controller_id} << 16);
  EXPECT_EQ(identify(admin, 0x1c).data.at(0), std::byte{5});
}

TEST_F(Admin, IdentifyOfWhatIsNotThere) {
  ScriptedHost& admin = new_admin();
  EXPECT_EQ(identify(admin, 0, 0).status, 0x00b);
  EXPECT_EQ(identify(admin, 0, 3).status, 0x00b);
  EXPECT_EQ(identify(admin, 0, 0xffff'ffff).status, 0x00b);
  EXPECT_EQ(identify(admin, 2, 0xffff'fffe).status, 0x00b);
  EXPECT_EQ(identify(admin, 5, 1, 1).status, 0x002) << "no key values";
  EXPECT_EQ(identify(admin, 6, 0, 3).status, 0x002);
  EXPECT_EQ(identify(admin, 7, 0, 1).status, 0x002);
  for (const std::uint32_t cns : {0x04U, 0x10U, 0x11U, 0x20U, 0xffU})
    EXPECT_EQ(identify(admin, cns).status, 0x002) << cns;
  EXPECT_TRUE(identify(admin, 0xff).data.empty()) << "no data comes with an error";
}

TEST_F(Admin, Logs) {
  ScriptedHost& admin = new_admin();
  const EffectsLog effects = decode_effects_log(log(admin, 5, 4096, 0, 2).data);
  for (const std::size_t opcode : {0x01U, 0x02U, 0x00U, 0x19U, 0x79U, 0x7aU, 0x7dU}) {
    EXPECT_TRUE(effects.io.at(opcode).supported) << opcode;
  }
  EXPECT_TRUE(effects.io.at(0x19).changes_content);
  EXPECT_FALSE(effects.io.at(0x02).changes_content);
  EXPECT_FALSE(decode_effects_log(log(admin, 5, 4096, 0, 0).data).io.at(0x7d).supported)
      << "not of the NVM command set";
  for (const std::uint8_t page : {1, 2, 3, 0xc0}) EXPECT_EQ(log(admin, page, 512).status, 0) << int{page};
  EXPECT_EQ(log(admin, 0xc0, 8).data, (HostBytes{std::byte{1}, {}, {}, {}, {}, {}, {}, {}})) << "its version";
  for (const std::uint8_t page : {0x00, 0x04, 0x06, 0x70, 0xbf, 0xff}) {
    EXPECT_EQ(log(admin, page, 512).status, status::invalid_log_page) << int{page};
  }
}

TEST_F(Admin, PartsOfLogs) {
  ScriptedHost& admin = new_admin();
  const HostBytes whole = log(admin, 5, 4096).data;
  const HostBytes part = log(admin, 5, 64, 1024).data;
  EXPECT_EQ(part, HostBytes(whole.begin() + 1024, whole.begin() + 1088));
  const HostBytes beyond = log(admin, 5, 64, 4064).data;
  EXPECT_EQ(beyond.size(), 64U) << "zeros fill it up";
  EXPECT_EQ(log(admin, 5, 4, 4096).status, 0);
  EXPECT_EQ(log(admin, 5, 4, 4100).status, 0x002);
  EXPECT_EQ(log(admin, 5, 4, 2).status, 0x002) << "not a multiple of 4";
  EXPECT_EQ(log(admin, 5, 128U << 10).status, 0x002) << "above MDTS";
  nvme::Command by_index = get_log_page(5, 0, 64, 0);
  by_index.cdw14 |= 1U << 23;
  EXPECT_EQ(run(admin.send(by_index, {}, 64)).status, 0x002);
}

TEST_F(Admin, Features) {
  ScriptedHost& admin = new_admin();
  for (const std::uint8_t feature : {0x01, 0x02, 0x04, 0x05, 0x0a, 0x19}) {
    EXPECT_EQ(get(admin, feature).status, 0) << int{feature};
  }
  for (const std::uint8_t feature : {0x01, 0x02, 0x04, 0x05, 0x0a}) {
    EXPECT_EQ(set(admin, feature, 1).status, status::feature_not_changeable) << int{feature};
  }
  EXPECT_EQ(get(admin, 0x06).result, 1U);
  EXPECT_EQ(set(admin, 0x06, 1).status, 0);
  EXPECT_EQ(set(admin, 0x06, 0).status, status::feature_not_changeable);
  EXPECT_EQ(get(admin, 0x0b).result, 0U);
  EXPECT_EQ(set(admin, 0x0b, 0x100).status, 0);
  EXPECT_EQ(get(admin, 0x0b).result, 0x100U);
  EXPECT_EQ(set(admin, 0x0f, 60'000).status, 0);
  EXPECT_EQ(get(admin, 0x0f).result, 60'000U);
  EXPECT_EQ(set(admin, 0x19, 0).status, 0);
  EXPECT_EQ(set(admin, 0x19, 1).status, 0x002);
  EXPECT_EQ(set(admin, 0x0bU | 1U << 31, 0).status, status::feature_not_saveable);
  for (const std::uint8_t feature : {0x00, 0x03, 0x08, 0x09, 0x0c, 0x20, 0x82, 0xff}) {
    EXPECT_EQ(get(admin, feature).status, 0x002) << int{feature};
    EXPECT_EQ(set(admin, feature, 0).status, 0x002) << int{feature};
  }
}

TEST_F(Admin, NumberOfQueues) {
  ScriptedHost& admin = new_admin();
  EXPECT_EQ(set(admin, 0x07, 0x0007'0003).result, 0x0003'0003U) << "the smaller of the two";
  EXPECT_EQ(get(admin, 0x07).result, 0x0003'0003U);
  EXPECT_EQ(set(admin, 0x07, 0x00ff'00ff).result, 0x0003'0003U) << "not more than before";
  EXPECT_EQ(set(admin, 0x07, 0xffff'0001).status, 0x002);
  EXPECT_EQ(set(admin, 0x07, 0x0001'ffff).status, 0x002);
  ScriptedHost& other = new_admin();
  EXPECT_EQ(set(other, 0x07, 0x0fff'0fff).result, 0x000f'000fU) << "as many as there are";
}

TEST_F(Admin, HostBehaviorAndHostIdentifier) {
  ScriptedHost& admin = new_admin();
  HostBytes behavior(512);
  behavior[4] = std::byte{4};  // CDFE: format 2
  EXPECT_EQ(set(admin, 0x16, 0, behavior).status, 0);
  EXPECT_EQ(get(admin, 0x16, 512).data, behavior);
  const HostBytes identifier = get(admin, 0x81, 16, 1).data;
  ASSERT_EQ(identifier.size(), 16U);
  EXPECT_EQ(identifier.back(), std::byte{1});
  EXPECT_EQ(get(admin, 0x81, 8, 0).data.size(), 8U);
  EXPECT_EQ(set(admin, 0x81, 1, HostBytes(16)).status, status::command_sequence_error) << "Connect has set it";
}

TEST_F(Admin, AbortEndsNothing) {
  ScriptedHost& admin = new_admin();
  const Answer answer = run(admin.send(admin_command(0x08, 0x0001'0000)));
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(answer.result, 1U);
}

TEST_F(Admin, Properties) {
  ScriptedHost& host = new_host();
  ASSERT_TRUE(run(host.shake_hands()));
  ASSERT_EQ(run(host.connect()).status, 0);
  const Capabilities capabilities = decode_capabilities(run(host.property_get(0, true)).result);
  EXPECT_EQ(capabilities.queue_entries_max, 128U);
  EXPECT_TRUE(capabilities.several_command_sets);
  EXPECT_EQ(run(host.property_get(8)).result, 0x2'0000U);
  EXPECT_EQ(run(host.property_get(0x1c)).result, 0U) << "not ready";
  EXPECT_EQ(run(host.send(admin_command(0x06, 1), {}, 4096)).status, status::command_sequence_error);
  EXPECT_EQ(run(host.send(admin_command(0x18))).status, status::command_sequence_error);
  for (const std::uint32_t wrong :
       {0x0046'00e1U /* MPS 1 */, 0x0046'0861U /* AMS 1 */, 0x0046'c061U /* SHN 3 */, 0x0056'0061U /* IOCQES 5 */,
        0x0047'0061U /* IOSQES 7 */, 0x0046'0031U /* CSS 3 */}) {
    EXPECT_EQ(run(host.property_set(0x14, wrong)).status, 0x002) << wrong;
  }
  EXPECT_EQ(run(host.property_set(0x14, 0x0046'0061)).status, 0);
  EXPECT_EQ(run(host.property_get(0x14)).result, 0x0046'0061U);
  EXPECT_EQ(run(host.property_get(0x1c)).result, 1U);
  for (const std::uint32_t offset : {0x00U, 0x04U, 0x0cU, 0x20U, 0x1000U}) {
    EXPECT_EQ(run(host.property_get(offset)).status, 0x002) << offset;
    EXPECT_EQ(run(host.property_set(offset, 0)).status, 0x002) << offset;
  }
  EXPECT_EQ(run(host.property_get(0x14, true)).status, 0x002) << "CC has 4 bytes";
  EXPECT_EQ(run(host.property_set(0x1c, 0)).status, 0x002) << "CSTS is read only";
}

TEST_F(Admin, DisableEndsQueues) {
  ScriptedHost& admin = new_admin();
  ScriptedHost& io = new_io_queue();
  EXPECT_EQ(run(admin.property_set(0x14, 0x0046'0060)).status, 0);
  EXPECT_FALSE(run(io.ended()));
  EXPECT_EQ(run(admin.property_get(0x1c)).result, 0U);
  EXPECT_EQ(run(admin.send(admin_command(0x18))).status, status::command_sequence_error);
  EXPECT_EQ(run(admin.property_set(0x14, 0x0046'0061)).status, 0);
  EXPECT_EQ(run(admin.send(admin_command(0x18))).status, 0) << "and it can be enabled again";
  new_io_queue();
}

TEST_F(Admin, ShutdownFlushes) {
  ScriptedHost& admin = new_admin();
  ScriptedHost& io = new_io_queue();
  ASSERT_EQ(run(io.send(io_command(0x01, 0), host_data(served_block_bytes))).status, 0);
  EXPECT_EQ(run(admin.property_set(0x14, 0x0046'4061)).status, 0);
  EXPECT_EQ(decode_status(static_cast<std::uint32_t>(run(admin.property_get(0x1c)).result)).shutdown,
            ShutdownStatus::complete);
}

TEST_F(Admin, DiscoveryTellsWhereTheSubsystemIs) {
  target::SubsystemOptions options = usual_options();
  options.host_nqns = {ConnectChoice{}.host};
  serve(options);
  ConnectChoice choice;
  choice.subsystem = discovery_nqn;
  for (const bool known : {true, false}) {
    choice.host = known ? ConnectChoice{}.host : "nqn.2014-08.org.example:stranger";
    ScriptedHost& host = new_admin(choice);
    const DiscoveryLog told = decode_discovery_log(log(host, 0x70, 4096).data);
    ASSERT_EQ(told.entries.size(), known ? 2U : 1U) << "a stranger is told of nothing";
    EXPECT_EQ(told.entries[0].type, SubsystemType::current_discovery);
    if (known) {
      EXPECT_EQ(told.entries[1].subsystem_nqn, ConnectChoice{}.subsystem);
    }
    EXPECT_EQ(decode_fabrics_controller(identify(host, 1).data).type, 2);
    EXPECT_EQ(identify(host, 2).status, 0x002);
    EXPECT_EQ(log(host, 0x02, 512).status, status::invalid_log_page);
    EXPECT_EQ(get(host, 0x07).status, 0x002);
    EXPECT_EQ(set(host, 0x0b, 0x8000'0000).status, 0);
    EXPECT_EQ(run(host.send(admin_command(0x18))).status, 0);
    EXPECT_EQ(run(host.send(admin_command(0x08))).status, 0x001) << "no Abort";
  }
}

TEST_F(Admin, SilenceEndsAController) {
  ConnectChoice choice;
  choice.keep_alive_ms = 1;
  ScriptedHost& admin = new_admin(choice);
  EXPECT_FALSE(run(admin.ended()));
  EXPECT_EQ(subsystem().statistics().keep_alive_timeouts, 1U);
}

TEST_F(Admin, HostsThatKeepTheTargetWaiting) {
  serve(usual_options(), 1, {.connections_max = 1024, .patience_ms = 1});
  ScriptedHost& says_nothing = new_host();
  EXPECT_FALSE(run(says_nothing.ended()));
  ScriptedHost& shakes_hands_only = new_host();
  run(shakes_hands_only.shake_hands());
  EXPECT_FALSE(run(shakes_hands_only.ended()));
  EXPECT_EQ(subsystem().statistics().connections_refused, 2U);
}

TEST_F(Admin, HostThatDoesNotSendWhatItWasAskedFor) {
  serve(usual_options(), 1, {.connections_max = 1024, .patience_ms = 300});
  new_admin();
  ScriptedHost& io = new_io_queue();
  run(io.submit(io_command(0x01, 0), host_data(served_block_bytes), 0, false));
  EXPECT_FALSE(run(io.ended()));
  EXPECT_EQ(subsystem().memory().lent_bytes(), 0U);
}

TEST_F(Admin, NotMoreConnectionsThanAllowed) {
  serve(usual_options(), 1, {.connections_max = 2, .patience_ms = 30'000});
  new_admin();
  new_io_queue();
  ScriptedHost& third = new_host();
  EXPECT_FALSE(run(third.shake_hands()));
  EXPECT_EQ(subsystem().statistics().connections_refused, 1U);
}

TEST_F(Admin, EndOfTheTargetCompletesWhatIsUnderWay) {
  new_admin();
  ScriptedHost& io = new_io_queue();
  const std::uint16_t id = run(io.submit(io_command(0x01, 0), host_data(served_block_bytes), 0, true));
  wait_until([&] { return subsystem().memory().lent_bytes() != 0; });
  const target::Outcome flushed = run(server().stop());
  EXPECT_EQ(flushed.status, 0);
  EXPECT_EQ(run(io.wait_for(id, {})).status, 0) << "its response was sent before the end";
}

}  // namespace
}  // namespace zonecopy::test
