// What does not fit together is refused, with the device and the reason.
#include "src/device/linear/layout.h"

#include <gmock/gmock.h>

namespace zonecopy::linear {
namespace {

using testing::HasSubstr;

DeviceInfo device(const char* path, std::uint64_t zones = 4) {
  DeviceInfo info;
  info.path = path;
  info.block_size_bytes = 4096;
  info.zone_size_blocks = 64;
  info.zone_count = static_cast<std::uint32_t>(zones);
  info.capacity_blocks = 64 * zones;
  info.copy_limits = {16, 32, 128};
  info.copy_mechanism = "NVMe Copy";
  return info;
}

class Layout : public testing::Test {
 protected:
  [[nodiscard]] std::string refusal(const std::vector<Piece>& pieces) const {
    const std::vector<const DeviceInfo*> below{&a_, &b_};
    const Status status = check_pieces("long", pieces, below);
    if (status) return {};
    EXPECT_EQ(status.error().code(), EINVAL);
    EXPECT_EQ(status.error().device(), "long");
    return status.error().detail();
  }
  [[nodiscard]] DeviceInfo described() const {
    const std::vector<const DeviceInfo*> below{&a_, &b_};
    return describe("long", whole_, below);
  }

  DeviceInfo a_ = device("A");
  DeviceInfo b_ = device("B");
  std::vector<Piece> whole_{{0, 256, 0, 0}, {256, 256, 1, 0}};
};

TEST_F(Layout, WholeDevicesInARow) { EXPECT_EQ(refusal(whole_), ""); }

TEST_F(Layout, BlockSizesDiffer) {
  b_.block_size_bytes = 512;
  EXPECT_THAT(refusal(whole_), HasSubstr("B has blocks of 512 bytes and A of 4096"));
}

TEST_F(Layout, ZoneSizesDiffer) {
  b_.zone_size_blocks = 128;
  EXPECT_THAT(refusal(whole_), HasSubstr("B has zones of 524288 bytes and A of 262144"));
}

TEST_F(Layout, PiecesAreWholeZones) {
  EXPECT_THAT(refusal({{0, 64, 0, 32}}), HasSubstr("on A at LBA 32, does not begin with a zone"));
  EXPECT_THAT(refusal({{0, 80, 0, 64}}), HasSubstr("on A at LBA 64, does not end with a zone"));
}

TEST_F(Layout, PiecesLieWithinTheirDevice) {
  EXPECT_THAT(refusal({{0, 128, 0, 192}}), HasSubstr("does not lie within A"));
  EXPECT_THAT(refusal({{0, 64, 0, 256}}), HasSubstr("does not lie within A"));
  EXPECT_THAT(refusal({{0, 0, 0, 0}}), HasSubstr("does not lie within A"));
  EXPECT_THAT(refusal({{0, ~std::uint64_t{63}, 1, 64}}), HasSubstr("does not lie within B"));
}

TEST_F(Layout, NoGapAndNoUnknownDevice) {
  EXPECT_THAT(refusal({{0, 64, 0, 0}, {128, 64, 1, 0}}), HasSubstr("there is no piece at LBA 64"));
  EXPECT_THAT(refusal({{0, 64, 2, 0}}), HasSubstr("there is no piece at LBA 0"));
  EXPECT_THAT(refusal({}), HasSubstr("no pieces"));
}

TEST_F(Layout, NoZoneTwice) {
  EXPECT_THAT(refusal({{0, 128, 0, 64}, {128, 64, 1, 0}, {192, 128, 0, 128}}),
              HasSubstr("two pieces lie over one another on A at LBA 128"));
  EXPECT_EQ(refusal({{0, 64, 0, 64}, {64, 64, 1, 64}, {128, 64, 0, 128}}), "");
}

TEST_F(Layout, AShortZoneOnlyAtTheVeryEnd) {
  a_.capacity_blocks = b_.capacity_blocks = 250;
  EXPECT_THAT(refusal({{0, 250, 0, 0}, {250, 250, 1, 0}}), HasSubstr("the last zone of A is shorter"));
  EXPECT_EQ(refusal({{0, 192, 0, 0}, {192, 250, 1, 0}}), "");
}

TEST_F(Layout, TheLowestLimitCounts) {
  a_.resource_limits = {14, 0};
  b_.resource_limits = {6, 20};
  b_.max_append_bytes = 65536;
  b_.copy_limits = {4, 64, 1000};
  const DeviceInfo info = described();
  EXPECT_EQ(info.kind, DeviceKind::linear);
  EXPECT_EQ(to_string(info.kind), "linear");
  EXPECT_EQ(info.zone_count, 8U);
  EXPECT_EQ(info.capacity_blocks, 512U);
  EXPECT_EQ(info.resource_limits.max_open_zones, 6U);
  EXPECT_EQ(info.resource_limits.max_active_zones, 20U);
  EXPECT_EQ(info.max_append_bytes, 65536U);
  EXPECT_EQ(info.copy_limits, (CopyLimits{4, 32, 128}));
  EXPECT_EQ(info.copy_mechanism, "NVMe Copy");
  ASSERT_EQ(info.pieces.size(), 2U);
  EXPECT_EQ(info.pieces[1].path, "B");
  EXPECT_EQ(info.pieces[1].first_zone, 4U);
  EXPECT_EQ(info.pieces[1].zone_count, 4U);
}

TEST_F(Layout, NoCopyWhereOneHasNone) {
  b_.copy_limits = {};
  b_.copy_unavailable = "the drive announces none";
  const DeviceInfo info = described();
  EXPECT_EQ(info.copy_path(), CopyPath::emulated);
  EXPECT_EQ(info.copy_objection(), "B: the drive announces none");
  EXPECT_EQ(info.copy_mechanism, "");
}

TEST_F(Layout, PieceOfABlock) {
  EXPECT_EQ(piece_at(whole_, 0).device, 0U);
  EXPECT_EQ(piece_at(whole_, 255).device, 0U);
  EXPECT_EQ(piece_at(whole_, 256).device, 1U);
  EXPECT_EQ(piece_at(whole_, 511).device, 1U);
  const Piece piece{128, 64, 0, 512};
  EXPECT_EQ(piece.below(130), 514U);
  EXPECT_EQ(piece.above(514), 130U);
  EXPECT_FALSE(piece.contains_below(576));
}

}  // namespace
}  // namespace zonecopy::linear
