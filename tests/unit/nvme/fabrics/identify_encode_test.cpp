// What a target tells of itself, against offsets and values taken by hand from the figures of the standards, and against
// the decoders that a host uses.
#include "src/nvme/fabrics/identify_encode.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "src/base/endian.h"
#include "src/nvme/identify.h"

namespace zonecopy::nvme::fabrics {
namespace {

using Data = std::vector<std::byte>;

std::uint64_t field(const Data& data, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= std::to_integer<std::uint64_t>(data.at(offset + i)) << (8 * i);
  return value;
}

std::string text(const Data& data, std::size_t offset, std::size_t size) {
  std::string result(size, '\0');
  std::memcpy(result.data(), data.data() + offset, size);
  return result;
}

ControllerIdentity controller() {
  ControllerIdentity identity;
  identity.controller_id = 0x0203;
  identity.serial_number = "0123456789abcdef";
  identity.model = "zonecopy";
  identity.firmware = "0.1.0";
  identity.subsystem_nqn = "nqn.2014-08.org.example:a";
  identity.max_transfer_bytes = 1U << 20;
  identity.max_commands = 128;
  identity.namespaces = 3;
  identity.optional_commands = oncs_copy | oncs_write_zeroes;
  identity.copy_formats = 5;
  identity.keep_alive_unit_100ms = 10;
  identity.in_capsule_data_bytes = 8192;
  identity.asynchronous_events = 4;
  identity.quiesce_time_ms = 0x1234;
  identity.volatile_write_cache = true;
  identity.several_controllers = true;
  return identity;
}

TEST(IdentifyEncode, Controller) {
  Data data(identify_size_bytes);
  encode_identity(controller(), data);
  EXPECT_EQ(text(data, 4, 20), "0123456789abcdef    ");
  EXPECT_EQ(text(data, 24, 40), "zonecopy" + std::string(32, ' '));
  EXPECT_EQ(text(data, 64, 8), "0.1.0   ");
  EXPECT_STREQ(text(data, 768, 256).c_str(), "nqn.2014-08.org.example:a");
  const struct {
    const char* name;
    std::size_t offset, size;
    std::uint64_t value;
  } fields[] = {
      {"CMIC", 76, 1, 2},          {"MDTS", 77, 1, 8},       {"CNTLID", 78, 2, 0x0203}, {"VER", 80, 4, 0x20000},
      {"OAES", 92, 4, 0},          {"CTRATT", 96, 4, 1},     {"CNTRLTYPE", 111, 1, 1},  {"ACL", 258, 1, 3},
      {"AERL", 259, 1, 3},         {"FRMW", 260, 1, 3},      {"LPA", 261, 1, 6},        {"KAS", 320, 2, 10},
      {"CQT", 386, 2, 0x1234},     {"SQES", 512, 1, 0x66},   {"CQES", 513, 1, 0x44},    {"MAXCMD", 514, 2, 128},
      {"NN", 516, 4, 3},           {"ONCS", 520, 2, 0x108},  {"VWC", 525, 1, 7},        {"OCFS", 534, 2, 5},
      {"SGLS", 536, 4, 0x30'0001}, {"IOCCSZ", 1792, 4, 516}, {"IORCSZ", 1796, 4, 1},    {"ICDOFF", 1800, 2, 0},
      {"MSDBD", 1803, 1, 1},
  };
  for (const auto& expected : fields)
    EXPECT_EQ(field(data, expected.offset, expected.size), expected.value) << expected.name;
}

TEST(IdentifyEncode, ControllerAsAHostReadsIt) {
  Data data(identify_size_bytes);
  encode_identity(controller(), data);
  const Controller local = decode_controller(data);
  EXPECT_EQ(local.max_transfer_bytes(), 1U << 20);
  EXPECT_TRUE(local.copy_supported);
  EXPECT_TRUE(local.write_zeroes_supported);
  EXPECT_TRUE(local.volatile_write_cache);
  EXPECT_EQ(local.copy_formats, 5);
  const FabricsController fabric = decode_fabrics_controller(data);
  EXPECT_EQ(fabric.controller_id, 0x0203);
  EXPECT_EQ(fabric.subsystem_nqn, "nqn.2014-08.org.example:a");
  EXPECT_EQ(fabric.model, "zonecopy");
  EXPECT_EQ(fabric.namespaces, 3U);
  EXPECT_EQ(fabric.max_commands, 128);
  EXPECT_EQ(fabric.keep_alive_unit_100ms, 10);
  EXPECT_EQ(fabric.capsule_bytes, 64U + 8192);
  EXPECT_EQ(fabric.response_capsule_bytes, 16U);
  EXPECT_EQ(fabric.capsule_data_offset_bytes, 0U);
  EXPECT_EQ(fabric.quiesce_time_ms, 0x1234);
  EXPECT_EQ(fabric.type, 1);
}

NamespaceIdentity space() {
  NamespaceIdentity identity;
  identity.size_blocks = 0x10000;
  identity.block_size_bytes = 4096;
  identity.zone_size_blocks = 0x1000;
  identity.resource_limits = {.max_open_zones = 14, .max_active_zones = 0};
  identity.copy_limits = {.max_ranges = 256, .max_range_blocks = 1024, .max_total_blocks = 0x40000};
  identity.reads_across_zones = true;
  identity.shared = true;
  for (unsigned i = 0; i < 16; ++i) identity.nguid.at(i) = std::byte(0xa0 + i);
  return identity;
}

TEST(IdentifyEncode, Namespace) {
  Data data(identify_size_bytes);
  encode_identity(space(), data);
  for (const std::size_t offset : {0U, 8U, 16U}) EXPECT_EQ(field(data, offset, 8), 0x10000U) << "NSZE, NCAP, NUSE";
  EXPECT_EQ(field(data, 25, 2), 0U) << "NLBAF, FLBAS";
  EXPECT_EQ(field(data, 30, 1), 1U) << "NMIC";
  EXPECT_EQ(field(data, 33, 1), 1U) << "DLFEAT";
  EXPECT_EQ(field(data, 74, 2), 1024U) << "MSSRL";
  EXPECT_EQ(field(data, 76, 4), 0x40000U) << "MCL";
  EXPECT_EQ(field(data, 80, 1), 255U) << "MSRC";
  EXPECT_EQ(field(data, 99, 1), 0U) << "NSATTR";
  EXPECT_EQ(field(data, 104, 8), 0xa7a6'a5a4'a3a2'a1a0U) << "NGUID";
  EXPECT_EQ(field(data, 128, 4), 12U << 16) << "LBAF0";
  const Namespace decoded = decode_namespace(data);
  EXPECT_EQ(decoded.size_blocks, 0x10000U);
  EXPECT_EQ(decoded.block_size_bytes, 4096U);
  EXPECT_EQ(decoded.copy_limits(), space().copy_limits);
}

TEST(IdentifyEncode, OnePathToEachHost) {
  ControllerIdentity one = controller();
  one.several_controllers = false;
  NamespaceIdentity owned = space();
  owned.shared = false;
  Data data(identify_size_bytes);
  encode_identity(one, data);
  EXPECT_EQ(field(data, 76, 1), 0U) << "CMIC";
  data.assign(identify_size_bytes, std::byte{0});
  encode_identity(owned, data);
  EXPECT_EQ(field(data, 30, 1), 0U) << "NMIC";
  data.assign(identify_size_bytes, std::byte{0});
  encode_independent_identity(owned, data);
  EXPECT_EQ(field(data, 1, 1), 0U) << "NMIC";
}

TEST(IdentifyEncode, NamespaceThatIsReadOnlyAndHasNoCopy) {
  NamespaceIdentity identity = space();
  identity.write_protected = true;
  identity.copy_limits = {};
  Data data(identify_size_bytes);
  encode_identity(identity, data);
  EXPECT_EQ(field(data, 99, 1), 1U);
  EXPECT_FALSE(decode_namespace(data).copy_limits().available());
  Data independent(identify_size_bytes);
  encode_independent_identity(identity, independent);
  EXPECT_EQ(field(independent, 1, 1), 1U) << "NMIC";
  EXPECT_EQ(field(independent, 8, 1), 1U) << "NSATTR";
  EXPECT_EQ(field(independent, 14, 1), 1U) << "NSTAT: ready";
}

TEST(IdentifyEncode, ZonedNamespace) {
  Data data(identify_size_bytes);
  encode_zoned_identity(space(), data);
  EXPECT_EQ(field(data, 0, 2), 0U) << "ZOC";
  EXPECT_EQ(field(data, 2, 2), 1U) << "OZCS";
  EXPECT_EQ(field(data, 4, 4), 0xffff'ffffU) << "MAR";
  EXPECT_EQ(field(data, 8, 4), 13U) << "MOR";
  EXPECT_EQ(field(data, 2816, 8), 0x1000U) << "ZSZE";
  EXPECT_EQ(field(data, 2824, 1), 0U) << "ZDES";
  const ZonedNamespace decoded = decode_zoned_namespace(data, 0);
  EXPECT_EQ(decoded.zone_size_blocks, 0x1000U);
  EXPECT_EQ(decoded.limits.max_open_zones, 14U);
  EXPECT_EQ(decoded.limits.max_active_zones, 0U);
  EXPECT_TRUE(decoded.read_across_zones);
}

TEST(IdentifyEncode, LimitsOfCommandSets) {
  Data data(identify_size_bytes);
  encode_zasl(128U << 10, data);
  EXPECT_EQ(field(data, 0, 2), 5U);
  EXPECT_EQ(decode_zasl(data), 5);
  data.assign(identify_size_bytes, std::byte{0});
  encode_wzsl(1U << 20, data);
  EXPECT_EQ(field(data, 0, 2), 8U << 8);
  EXPECT_EQ(decode_wzsl(data), 8);
  data.assign(identify_size_bytes, std::byte{0});
  encode_zasl(0, data);
  EXPECT_EQ(field(data, 0, 2), 0U);
}

TEST(IdentifyEncode, Lists) {
  const std::uint32_t nsids[] = {1, 2, 7};
  Data data(identify_size_bytes);
  encode_namespace_list(nsids, 1, data);
  EXPECT_EQ(field(data, 0, 8), 7ULL << 32 | 2);
  EXPECT_EQ(field(data, 8, 8), 0U);
  EXPECT_EQ(decode_namespace_list(data), (std::vector<std::uint32_t>{2, 7}));
  const std::uint16_t controllers[] = {3, 4, 5};
  data.assign(identify_size_bytes, std::byte{0});
  encode_controller_list(controllers, 4, data);
  EXPECT_EQ(field(data, 0, 8), 0x0005'0004'0002U) << "a count comes first";
}

TEST(IdentifyEncode, ListsDoNotOutgrowTheirData) {
  std::vector<std::uint32_t> nsids(2000);
  for (std::size_t i = 0; i < nsids.size(); ++i) nsids[i] = static_cast<std::uint32_t>(i + 1);
  Data data(identify_size_bytes);
  encode_namespace_list(nsids, 0, data);
  EXPECT_EQ(decode_namespace_list(data).size(), 1024U);
}

TEST(IdentifyEncode, Descriptors) {
  NamespaceDescriptors descriptors;
  descriptors.nguid.emplace();
  descriptors.nguid->fill(std::byte{0x11});
  descriptors.uuid.emplace();
  descriptors.uuid->fill(std::byte{0x22});
  descriptors.command_set = 2;
  Data data(identify_size_bytes);
  encode_descriptors(descriptors, data);
  EXPECT_EQ(field(data, 0, 4), 0x1002U) << "NIDT 2, 16 bytes";
  EXPECT_EQ(field(data, 4, 8), 0x1111'1111'1111'1111U);
  EXPECT_EQ(field(data, 20, 4), 0x1003U) << "NIDT 3, 16 bytes";
  EXPECT_EQ(field(data, 40, 4), 0x0104U) << "NIDT 4, 1 byte";
  EXPECT_EQ(field(data, 44, 2), 2U);
  EXPECT_EQ(decode_descriptors(data), descriptors);
}

TEST(IdentifyEncode, DescriptorsThatAreCutOff) {
  Data data(8);
  data[0] = std::byte{2};
  data[1] = std::byte{16};
  EXPECT_EQ(decode_descriptors(data), NamespaceDescriptors());
}

TEST(IdentifyEncode, CommandSetCombination) {
  Data data(identify_size_bytes);
  encode_command_set_combination(data);
  EXPECT_EQ(field(data, 0, 8), 5U);
  EXPECT_EQ(field(data, 8, 8), 0U);
}

}  // namespace
}  // namespace zonecopy::nvme::fabrics
