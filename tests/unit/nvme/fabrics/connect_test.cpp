// Connect and the commands of properties against bytes written by hand from NVMe Base 2.0, in both directions.
#include "src/nvme/fabrics/connect.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "src/nvme/fabrics/properties.h"
#include "src/nvme/fabrics/queue_entry.h"

namespace zonecopy::nvme::fabrics {
namespace {

using Entry = std::array<std::byte, submission_entry_bytes>;

Entry entry_of(const Command& command) {
  Entry bytes{};
  encode(SubmissionEntry{.command = command, .command_id = 0, .sgl = {}}, bytes);
  return bytes;
}

std::byte at(const Entry& entry, std::size_t offset) { return entry.at(offset); }

TEST(Connect, ParametersInTheEntry) {
  const ConnectParameters parameters{
      .record_format = 0, .queue_id = 0x0102, .queue_size = 0x0304, .attributes = 4, .keep_alive_ms = 0x0506'0708};
  const Entry entry = entry_of(connect_command(parameters));
  EXPECT_EQ(at(entry, 0), std::byte{0x7f});
  EXPECT_EQ(at(entry, 4), std::byte{0x01});  // FCTYPE
  const unsigned expected[] = {0, 0, 0x02, 0x01, 0x04, 0x03, 4, 0, 0x08, 0x07, 0x06, 0x05};
  for (std::size_t i = 0; i < std::size(expected); ++i) EXPECT_EQ(at(entry, 40 + i), std::byte(expected[i])) << i;
  const ConnectParameters decoded = decode_connect_parameters(decode_submission(entry).command);
  EXPECT_EQ(decoded.record_format, 0);
  EXPECT_EQ(decoded.queue_id, 0x0102);
  EXPECT_EQ(decoded.queue_size, 0x0304);
  EXPECT_EQ(decoded.attributes, 4);
  EXPECT_EQ(decoded.keep_alive_ms, 0x0506'0708U);
}

/// The data of a Connect: host identifier 00 01 … 0f, any controller, NQNs "nqn.a" and "nqn.b".
std::vector<std::byte> golden_data() {
  std::vector<std::byte> bytes(1024);
  for (unsigned i = 0; i < 16; ++i) bytes[i] = std::byte(i);
  bytes[16] = bytes[17] = std::byte{0xff};
  std::memcpy(bytes.data() + 256, "nqn.a", 5);
  std::memcpy(bytes.data() + 512, "nqn.b", 5);
  return bytes;
}

TEST(Connect, Data) {
  ConnectData data{.host_id = {}, .controller_id = 0xffff, .subsystem_nqn = "nqn.a", .host_nqn = "nqn.b"};
  for (unsigned i = 0; i < 16; ++i) data.host_id.at(i) = std::byte(i);
  const auto encoded = encode_connect_data(data);
  EXPECT_EQ(std::vector(encoded.begin(), encoded.end()), golden_data());
  const DecodedConnectData decoded = decode_connect_data(golden_data());
  EXPECT_EQ(decoded.data, data);
  EXPECT_EQ(decoded.offence, std::nullopt);
}

TEST(Connect, NamesThatAreNone) {
  std::vector<std::byte> bytes = golden_data();
  bytes[256] = std::byte{0};
  EXPECT_EQ(decode_connect_data(bytes).offence, offence_subsystem_nqn);
  bytes = golden_data();
  bytes[512] = std::byte{0};
  EXPECT_EQ(decode_connect_data(bytes).offence, offence_host_nqn);
  bytes = golden_data();
  std::memset(bytes.data() + 256, 'x', 256);
  EXPECT_EQ(decode_connect_data(bytes).offence, offence_subsystem_nqn) << "no end";
  bytes = golden_data();
  std::memset(bytes.data() + 512, 'x', 224);
  EXPECT_EQ(decode_connect_data(bytes).offence, offence_host_nqn) << "one byte too long";
  bytes[512 + 223] = std::byte{0};
  EXPECT_EQ(decode_connect_data(bytes).offence, std::nullopt);
}

TEST(Connect, OffencesAreNamedByTheResult) {
  EXPECT_EQ(offence_queue_id.result(), 42U);
  EXPECT_EQ(offence_queue_size.result(), 44U);
  EXPECT_EQ(offence_subsystem_nqn.result(), 0x1'0000U + 256);
}

TEST(Properties, Capabilities) {
  const Capabilities capabilities{.queue_entries_max = 128,
                                  .ready_timeout_ms = 10'000,
                                  .nvm_command_set = true,
                                  .several_command_sets = true,
                                  .no_io_command_set = false};
  // MQES 127, CQR, TO 20, CSS bits 0 and 6: 37 and 43 of the register.
  const std::uint64_t golden = 127 | 1ULL << 16 | 20ULL << 24 | 1ULL << 37 | 1ULL << 43;
  EXPECT_EQ(encode_capabilities(capabilities), golden);
  EXPECT_EQ(decode_capabilities(golden), capabilities);
}

TEST(Properties, Configuration) {
  const Configuration configuration{.enabled = true,
                                    .command_sets = 6,
                                    .page_size_shift = 0,
                                    .arbitration = 0,
                                    .shutdown = 1,
                                    .submission_entry_shift = 6,
                                    .completion_entry_shift = 4};
  EXPECT_EQ(encode_configuration(configuration), 0x0046'4061U);
  EXPECT_EQ(decode_configuration(0x0046'4061), configuration);
  EXPECT_EQ(decode_configuration(0x0000'1880).page_size_shift, 1);
  EXPECT_EQ(decode_configuration(0x0000'1880).arbitration, 3);
}

TEST(Properties, Status) {
  EXPECT_EQ(encode_status({.ready = true}), 1U);
  EXPECT_EQ(encode_status({.fatal = true}), 2U);
  const ControllerStatus status{.ready = true, .shutdown = ShutdownStatus::complete};
  EXPECT_EQ(encode_status(status), 9U);
  EXPECT_EQ(decode_status(9), status);
}

TEST(Properties, CommandsInTheEntry) {
  const Entry get = entry_of(property_get(property_capabilities, true));
  EXPECT_EQ(at(get, 4), std::byte{0x04});
  EXPECT_EQ(at(get, 40), std::byte{1});
  const Entry set = entry_of(property_set(property_configuration, 0x0046'0061));
  EXPECT_EQ(at(set, 4), std::byte{0x00});
  EXPECT_EQ(at(set, 40), std::byte{0});
  EXPECT_EQ(at(set, 44), std::byte{0x14});
  const unsigned value[] = {0x61, 0, 0x46, 0};
  for (std::size_t i = 0; i < std::size(value); ++i) EXPECT_EQ(at(set, 48 + i), std::byte(value[i])) << i;
  const PropertyAccess access = decode_property_access(decode_submission(set).command);
  EXPECT_EQ(access.offset_bytes, 0x14U);
  EXPECT_EQ(access.value, 0x0046'0061U);
  EXPECT_FALSE(access.of_8_bytes);
  EXPECT_TRUE(access.size_valid);
  Command strange = property_get(0, true);
  strange.cdw10 = 2;
  EXPECT_FALSE(decode_property_access(strange).size_valid);
}

}  // namespace
}  // namespace zonecopy::nvme::fabrics
