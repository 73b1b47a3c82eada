// The records by which devices in a row are known, and the row that they make.
#include "src/device/linear/member.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "src/device/linear/in_a_row.h"
#include "tests/support/device/sim_device.h"
#include "tests/support/loop/loop_test.h"

namespace zonecopy::linear {
namespace {

using testing::HasSubstr;

constexpr std::array<std::uint8_t, 16> set_a{1, 2, 3};
constexpr std::array<std::uint8_t, 16> set_b{4, 5, 6};

DeviceInfo device(const char* path, std::uint32_t zones = 4) {
  DeviceInfo info;
  info.path = path;
  info.zone_size_blocks = 64;
  info.zone_count = zones;
  info.capacity_blocks = 64 * std::uint64_t{zones};
  return info;
}

class Members : public testing::Test {
 protected:
  /// What is wrong with the set whose records `given` are, of the devices A, B, C.
  [[nodiscard]] std::string refusal(const std::vector<std::optional<Member>>& given) const {
    const std::vector<const DeviceInfo*> all{&a_, &b_, &c_};
    const Status status = check_members(std::span(all).first(given.size()), given);
    if (status) return {};
    EXPECT_EQ(status.error().code(), EINVAL);
    return status.error().device() + ": " + status.error().detail();
  }
  [[nodiscard]] std::optional<Member> member(std::size_t index, std::size_t count = 2,
                                             const std::array<std::uint8_t, 16>& set = set_a) const {
    return member_of(a_, set, index, count);
  }

  DeviceInfo a_ = device("A");
  DeviceInfo b_ = device("B");
  DeviceInfo c_ = device("C");
};

TEST_F(Members, ARecordIsReadAsItWasWritten) {
  const Member one = member_of(a_, set_a, 2, 5);
  EXPECT_EQ(decode_member(encode(one)), one);
}

TEST_F(Members, DamageIsNoRecord) {
  const MemberRecord whole = encode(*member(0));
  for (const std::size_t offset : {0U, 7U, 8U, 12U, 16U, 33U, 48U, 60U, 4095U}) {
    MemberRecord damaged = whole;
    damaged[offset] ^= std::byte{0x10};
    EXPECT_FALSE(decode_member(damaged).has_value()) << offset;
  }
  EXPECT_FALSE(decode_member(std::span(whole).first(4095)).has_value());
  EXPECT_FALSE(decode_member(MemberRecord{}).has_value());
}

TEST_F(Members, AWholeSetInItsOrder) {
  EXPECT_EQ(refusal({member(0), member(1)}), "");
  EXPECT_EQ(refusal({member(0, 3), member(1, 3), member(2, 3)}), "");
}

TEST_F(Members, AnotherOrder) {
  EXPECT_THAT(refusal({member(1), member(0)}), HasSubstr("A: it is number 2 of its set and is given as number 1"));
  EXPECT_THAT(refusal({member(0, 3), member(2, 3), member(1, 3)}), HasSubstr("B: it is number 3 of its set"));
  EXPECT_THAT(refusal({member(0), member(0)}), HasSubstr("B: it is number 1 of its set and is given as number 2"));
}

TEST_F(Members, OneIsMissing) {
  EXPECT_THAT(refusal({member(0, 3), member(1, 3)}), HasSubstr("A: its set has 3 devices, and 2 are given"));
  EXPECT_THAT(refusal({member(0, 3), member(2, 3)}), HasSubstr("A: its set has 3 devices"));
  EXPECT_THAT(refusal({member(0), member(1), member(2)}), HasSubstr("A: its set has 2 devices, and 3 are given"));
}

TEST_F(Members, OneIsOfAnotherSetOrOfNone) {
  EXPECT_EQ(refusal({member(0), member(1, 2, set_b)}), "B: it is of another set than A");
  EXPECT_THAT(refusal({member(0), std::nullopt}), HasSubstr("B: it is of no set"));
  EXPECT_THAT(refusal({std::nullopt, member(1)}), HasSubstr("A: it is of no set"));
}

TEST_F(Members, OneHasAnotherSize) {
  b_ = device("B", 5);
  EXPECT_THAT(refusal({member(0), member(1)}), HasSubstr("B: its size"));
}

TEST_F(Members, ARowLeavesOutZone0OfAllButTheFirst) {
  b_ = device("B", 3);
  const std::vector<const DeviceInfo*> infos{&a_, &b_, &c_};
  const std::vector<Piece> pieces = pieces_in_a_row(infos);
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0].blocks, 256U);
  EXPECT_EQ(pieces[1].first_lba, 256U);
  EXPECT_EQ(pieces[1].first_lba_below, 64U);
  EXPECT_EQ(pieces[2].first_lba, 384U);
  EXPECT_EQ(pieces[2].end_lba(), 576U);
  EXPECT_TRUE(check_in_a_row("row", infos).ok());
}

TEST_F(Members, WhatCannotBeARow) {
  const std::vector<const DeviceInfo*> infos{&a_, &b_};
  EXPECT_THAT(check_in_a_row("row", std::span(infos).first(1)).error().detail(), HasSubstr("at least two"));
  b_ = device("B", 1);
  EXPECT_THAT(check_in_a_row("row", infos).error().detail(), HasSubstr("one zone only"));
  b_ = device("B");
  b_.zone_size_blocks = 1;
  EXPECT_THAT(check_in_a_row("row", infos).error().detail(), HasSubstr("too small"));
}

class MemberZone : public test::LoopTest {
 protected:
  void round_trip(const char* layout) {
    test::SimSpec spec;
    spec.layout = layout;
    spec.max_transfer_bytes = 8192;
    test::SimDevice device(spec);
    EXPECT_FALSE(run(read_member(device))->has_value());
    const Member first = member_of(device.info(), set_b, 1, 2);
    ASSERT_TRUE(run(write_member(device, first)).ok());
    EXPECT_EQ(run(read_member(device))->value(), first);
    const Member second = member_of(device.info(), set_a, 2, 3);
    ASSERT_TRUE(run(write_member(device, second)).ok());
    EXPECT_EQ(run(read_member(device))->value(), second);
    const std::vector<std::byte> head = device.bytes(0, 8);
    EXPECT_TRUE(std::all_of(head.begin(), head.end(), [](std::byte byte) { return byte == std::byte{0}; }));
  }
};

TEST_F(MemberZone, Sequential) { round_trip("SSS"); }
TEST_F(MemberZone, Conventional) { round_trip("CSS"); }

}  // namespace
}  // namespace zonecopy::linear
