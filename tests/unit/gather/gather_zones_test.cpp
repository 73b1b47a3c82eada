// Gathers between zones of images that are not mounted.
#include "tests/unit/gather/gather_fixture.h"

namespace zonecopy::test {
namespace {

class GatherZones : public GatherTest {};

TEST_F(GatherZones, RangesGoInTheirOrderToTheWritePointer) {
  const std::string image = make_image("disk.img");
  const std::string first = bytes(10 * block, 1);
  const std::string second = bytes(20 * block, 2);
  const File a = filled_zone(image, 1, first);
  const File b = filled_zone(image, 2, second);
  const File to = filled_zone(image, 3, bytes(2 * block, 3));
  const std::string before = content_of(to);

  const GatherReport report =
      gather_to(to, {{b, 5 * block, 3 * block}, {a, 0, block}, {b, 0, 0}, {a, 9 * block, block}});
  EXPECT_FALSE(report.error) << report.error->to_string();
  EXPECT_EQ(report.offset_bytes, 2 * block);
  EXPECT_EQ(report.bytes, 5 * block);
  EXPECT_EQ(report.bytes_offloaded + report.bytes_kernel + report.bytes_emulated, 5 * block);
  EXPECT_EQ(report.range_bytes, (std::vector<std::uint64_t>{3 * block, block, 0, block}));
  EXPECT_EQ(report.ways, std::vector{GatherWay::device_copy});
  EXPECT_FALSE(report.failed_range);
  EXPECT_EQ(content_of(to),
            before + second.substr(5 * block, 3 * block) + first.substr(0, block) + first.substr(9 * block, block));
}

TEST_F(GatherZones, SeveralSourceDevices) {
  const std::string one = make_image("one.img");
  const std::string two = make_image("two.img");
  const std::string first = bytes(4 * block, 1);
  const std::string second = bytes(4 * block, 2);
  const File a = filled_zone(one, 1, first);
  const File b = filled_zone(two, 1, second);
  const File to = zone(one, 2, Access::write);
  const GatherReport report = gather_to(to, {{a, 0, block}, {b, 0, 2 * block}, {a, 3 * block, block}});
  EXPECT_FALSE(report.error) << report.error->to_string();
  EXPECT_EQ(content_of(to), first.substr(0, block) + second.substr(0, 2 * block) + first.substr(3 * block, block));
}

}  // namespace
}  // namespace zonecopy::test
