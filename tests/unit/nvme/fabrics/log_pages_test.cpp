// Logs of a target against bytes written by hand from NVMe Base 2.0, in both directions.
#include "src/nvme/fabrics/log_pages.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "src/base/endian.h"
#include "src/nvme/fabrics/discovery_log.h"

namespace zonecopy::nvme::fabrics {
namespace {

using Data = std::vector<std::byte>;

std::uint64_t field(const Data& data, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= std::to_integer<std::uint64_t>(data.at(offset + i)) << (8 * i);
  return value;
}

TEST(LogPages, Request) {
  const Command command = get_log_page(0x70, 2, 0x0004'0010, 0x1'0000'0400);
  EXPECT_EQ(command.opcode, 0x02);
  EXPECT_EQ(command.cdw10, 0x0003'0070U) << "LID, and the lower half of 10003h dwords";
  EXPECT_EQ(command.cdw11, 1U);
  EXPECT_EQ(command.cdw12, 0x400U);
  EXPECT_EQ(command.cdw13, 1U);
  EXPECT_EQ(command.cdw14, 2U << 24);
  const LogRequest request = decode_log_request(command);
  EXPECT_EQ(request.log, 0x70);
  EXPECT_EQ(request.command_set, 2);
  EXPECT_EQ(request.length_bytes, 0x0004'0010U);
  EXPECT_EQ(request.offset_bytes, 0x1'0000'0400U);
  EXPECT_FALSE(request.offset_is_index);
  Command index = command;
  index.cdw14 |= 1U << 23;
  EXPECT_TRUE(decode_log_request(index).offset_is_index);
  index.cdw10 = index.cdw11 = 0xffff'ffff;
  EXPECT_EQ(decode_log_request(index).length_bytes, std::uint64_t{1} << 34) << "the largest number of dwords";
}

TEST(LogPages, Effects) {
  EffectsLog log;
  log.admin.at(0x06) = {.supported = true};
  log.io.at(0x19) = {.supported = true, .changes_content = true};
  Data data(effects_log_bytes);
  encode_effects_log(log, data);
  EXPECT_EQ(field(data, 4 * 0x06, 4), 1U);
  EXPECT_EQ(field(data, 1024 + 4 * 0x19, 4), 3U);
  EXPECT_EQ(field(data, 1024 + 4 * 0x18, 4), 0U);
  const EffectsLog decoded = decode_effects_log(data);
  EXPECT_TRUE(decoded.admin.at(0x06).supported);
  EXPECT_FALSE(decoded.admin.at(0x06).changes_content);
  EXPECT_TRUE(decoded.io.at(0x19).changes_content);
}

TEST(LogPages, Health) {
  Data data(health_log_bytes);
  encode_health_log(
      {.read_bytes = 512'001, .written_bytes = 512'000, .read_commands = 3, .write_commands = 4, .power_on_hours = 5},
      data);
  EXPECT_EQ(field(data, 3, 1), 100U) << "available spare";
  EXPECT_EQ(field(data, 32, 8), 2U) << "rounded up";
  EXPECT_EQ(field(data, 48, 8), 1U);
  EXPECT_EQ(field(data, 64, 8), 3U);
  EXPECT_EQ(field(data, 80, 8), 4U);
  EXPECT_EQ(field(data, 128, 8), 5U);
}

TEST(LogPages, Firmware) {
  Data data(firmware_log_bytes);
  encode_firmware_log("0.1.0", data);
  EXPECT_EQ(field(data, 0, 1), 1U);
  EXPECT_EQ(std::memcmp(data.data() + 8, "0.1.0   ", 8), 0);
}

TEST(DiscoveryLog, OneSubsystem) {
  DiscoveryLog log;
  log.generation = 7;
  log.entries.push_back({.type = SubsystemType::nvm,
                         .ipv6 = false,
                         .port_id = 1,
                         .admin_queue_entries_max = 128,
                         .service = "4420",
                         .subsystem_nqn = "nqn.a",
                         .address = "192.0.2.1"});
  const Data data = encode_discovery_log(log);
  ASSERT_EQ(data.size(), 2048U);
  EXPECT_EQ(field(data, 0, 8), 7U) << "GENCTR";
  EXPECT_EQ(field(data, 8, 8), 1U) << "NUMREC";
  EXPECT_EQ(field(data, 16, 2), 0U) << "RECFMT";
  EXPECT_EQ(field(data, 1024, 4), 0x0202'0103U) << "TRTYPE TCP, ADRFAM IPv4, SUBTYPE NVM, TREQ not required";
  EXPECT_EQ(field(data, 1028, 6), 0x0080'ffff'0001U) << "PORTID, CNTLID, ASQSZ";
  EXPECT_STREQ(reinterpret_cast<const char*>(data.data() + 1024 + 32), "4420");
  EXPECT_STREQ(reinterpret_cast<const char*>(data.data() + 1024 + 256), "nqn.a");
  EXPECT_STREQ(reinterpret_cast<const char*>(data.data() + 1024 + 512), "192.0.2.1");
  EXPECT_EQ(field(data, 1024 + 768, 1), 0U) << "SECTYPE: no TLS";
  const DiscoveryLog decoded = decode_discovery_log(data);
  EXPECT_EQ(decoded.generation, 7U);
  EXPECT_EQ(decoded.entries, log.entries);
}

TEST(DiscoveryLog, LessThanItPromises) {
  DiscoveryLog log;
  log.entries.resize(3);
  Data data = encode_discovery_log(log);
  data.resize(data.size() - 1);
  EXPECT_EQ(decode_discovery_log(data).entries.size(), 2U);
  EXPECT_TRUE(decode_discovery_log(Data(100)).entries.empty());
}

TEST(DiscoveryLog, EntriesOfOtherTransportsAreLeftOut) {
  DiscoveryLog log;
  log.entries.resize(2);
  Data data = encode_discovery_log(log);
  data[1024] = std::byte{1};  // RDMA
  EXPECT_EQ(decode_discovery_log(data).entries.size(), 1U);
}

}  // namespace
}  // namespace zonecopy::nvme::fabrics
