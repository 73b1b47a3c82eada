// The operations of a remote device, over a target that does what it should.
#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/remote/remote_fixture.h"

namespace zonecopy::remote {
namespace {

std::vector<std::byte> pattern(std::size_t blocks, unsigned seed) {
  std::vector<std::byte> data(blocks * 512);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(seed + i * 7 + i / 509);
  return data;
}

class RemoteDeviceTest : public test::RemoteTest {
 protected:
  Buffer buffer_of(const std::vector<std::byte>& data) {
    Buffer buffer(data.size());
    std::copy(data.begin(), data.end(), buffer.data());
    return buffer;
  }
  Status write(Lba lba, const std::vector<std::byte>& data) {
    const Buffer buffer = buffer_of(data);
    return run(device().write(lba, buffer.first(data.size())));
  }
  Result<Lba> append(ZoneIndex zone, const std::vector<std::byte>& data) {
    const Buffer buffer = buffer_of(data);
    return run(device().append(zone, buffer.first(data.size())));
  }
  std::vector<std::byte> read(Lba lba, std::size_t blocks) {
    const Buffer buffer(blocks * 512);
    const Status status = run(device().read(lba, buffer.first(blocks * 512)));
    EXPECT_TRUE(status) << status.error().to_string();
    const auto bytes = buffer.first(blocks * 512);
    return {bytes.begin(), bytes.end()};
  }
};

TEST_F(RemoteDeviceTest, TellsWhatTheNamespaceIs) {
  must_open();
  const DeviceInfo& info = device().info();
  EXPECT_EQ(info.zone_count, 6U);
  EXPECT_EQ(info.zone_size_blocks, 64U);
  EXPECT_EQ(info.block_size_bytes, 512U);
  EXPECT_TRUE(info.copy_limits.available()) << info.copy_unavailable;
  const auto zones = run(device().report_zones(0, 100));
  ASSERT_TRUE(zones) << zones.error().to_string();
  ASSERT_EQ(zones->size(), 6U);
  EXPECT_EQ((*zones)[5].capacity_blocks, 48U);
}

TEST_F(RemoteDeviceTest, WritesInTheCapsuleAndByR2T) {
  must_open();
  const auto small = pattern(4, 1);
  const auto large = pattern(40, 2);
  ASSERT_TRUE(write(0, small));
  const Status written = write(4, large);
  ASSERT_TRUE(written) << written.error().to_string();
  EXPECT_EQ(read(0, 4), small);
  EXPECT_EQ(read(4, 40), large);
  EXPECT_EQ(sim().bytes(4, 40), large);
}

TEST_F(RemoteDeviceTest, AppendsCopiesResets) {
  must_open();
  const auto data = pattern(10, 3);
  const Result<Lba> first = append(1, data);
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_EQ(*first, 64U);
  const Result<Lba> second = append(1, data);
  ASSERT_TRUE(second);
  EXPECT_EQ(*second, 74U);
  CopyCommand copy{128, {{64, 10}, {70, 4}}};
  const CopyOutcome outcome = run(device().copy(device(), copy, nullptr));
  ASSERT_FALSE(outcome.failure) << outcome.failure->error.to_string();
  EXPECT_EQ(outcome.blocks_copied, 14U);
  EXPECT_EQ(read(128, 10), data);
  EXPECT_TRUE(run(device().manage_zone(2, ZoneAction::finish)));
  EXPECT_TRUE(run(device().manage_zone(2, ZoneAction::reset)));
  EXPECT_TRUE(run(device().write_zeroes(128, 5)));
  EXPECT_TRUE(run(device().flush()));
  sim().zones()[2].disturbed = true;  // it would complain of a host that sends such
  const Status refused = write(130, data);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().zone_refusal(), ZoneRefusal::invalid_write);
  EXPECT_EQ(refused.error().zone(), 2U);
}

}  // namespace
}  // namespace zonecopy::remote
