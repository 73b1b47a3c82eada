// Pieces of calls that the kernel has cut inside a block, and what /proc tells of a call.
#include "zonefs/core/split_call.h"

#include <gtest/gtest.h>

#include "zonefs/core/caller.h"

namespace zonecopy::test {
namespace {

using zonefs::CutCalls;
using zonefs::HeldTail;
using zonefs::WriteTail;

constexpr std::uint32_t block = 4096;
constexpr std::uint64_t mib = 1 << 20;

TEST(SplitCall, OnlyWhatFillsItsPagesMayBeCut) {
  EXPECT_FALSE(zonefs::may_be_cut(0));
  EXPECT_FALSE(zonefs::may_be_cut(mib - 4096));
  EXPECT_TRUE(zonefs::may_be_cut(mib - 4095));
  EXPECT_TRUE(zonefs::may_be_cut(mib - 512));
  EXPECT_TRUE(zonefs::may_be_cut(mib));
  EXPECT_FALSE(zonefs::may_be_cut(mib + 1));
}

TEST(SplitCall, PiecesOfOneThreadFollowEachOther) {
  struct Piece {
    std::int32_t pid;
    std::uint64_t offset, length;
    bool admitted;
  };
  const std::vector<std::vector<Piece>> cases = {
      {{1, 0, 4096, true}, {1, 4096, mib, true}},
      {{1, 0, 100, false}},
      {{1, 100, 4096, false}},
      {{1, 0, mib - 512, true}, {1, mib - 512, mib, true}, {1, 2 * mib - 512, 512, true}},
      {{1, 0, mib - 512, true}, {2, mib - 512, 512, false}, {1, mib - 512, 512, true}},
      {{1, 0, mib - 512, true}, {1, 0, 4096, true}, {1, mib - 512, 512, false}},  // the call has ended in between
      {{1, 0, mib - 512, true}, {1, mib - 512, 512, true}, {1, mib - 512, 512, false}},
      {{1, 0, mib - 512, true}, {1, mib - 512, 100, false}, {1, mib - 512, 512, false}},
      {{1, 0, mib - 512, true}, {2, 8192, mib - 8, true}, {1, mib - 512, 512, true}, {2, mib + 8184, 8, true}},
  };
  for (const std::vector<Piece>& pieces : cases) {
    CutCalls calls;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const Piece& piece = pieces[i];
      EXPECT_EQ(calls.admit(piece.pid, piece.offset, piece.length, piece.offset + piece.length, block), piece.admitted)
          << "piece " << i << " at " << piece.offset << " of " << piece.length;
    }
  }
}

TEST(SplitCall, WhatIsCutShortByTheEndOfTheFileEndsThere) {
  CutCalls calls;
  EXPECT_TRUE(calls.admit(1, 0, mib - 512, 8192, block));
  EXPECT_FALSE(calls.admit(1, mib - 512, 512, mib, block));
}

WriteTail tail_of(std::int32_t pid, bool certain) {
  WriteTail tail;
  tail.pid = pid;
  tail.next_offset_bytes = 1000;
  tail.certain = certain;
  tail.data.resize(10);
  return tail;
}

TEST(SplitCall, ATailGoesToThePieceThatContinuesIt) {
  HeldTail held;
  EXPECT_FALSE(held.take(1, 1000).has_value());
  held.hold(tail_of(1, true));
  EXPECT_FALSE(held.take(2, 1000).has_value()) << "another thread";
  EXPECT_TRUE(held.waits());
  const std::optional<WriteTail> taken = held.take(1, 1000);
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->data.size(), 10U);
  EXPECT_FALSE(held.waits() || held.take_loss(1));
}

TEST(SplitCall, ALostTailIsToldOnce) {
  HeldTail held;
  held.hold(tail_of(1, true));
  EXPECT_FALSE(held.take(1, 2000).has_value());
  EXPECT_FALSE(held.waits());
  EXPECT_TRUE(held.take_loss(2));
  EXPECT_FALSE(held.take_loss(2));
  held.hold(tail_of(1, true));
  held.hold(tail_of(2, true));
  EXPECT_TRUE(held.take_loss(3)) << "a second one";
}

TEST(SplitCall, AWaitingTailIsALossForWhoCannotBeInTheCall) {
  HeldTail held;
  held.hold(tail_of(1, true));
  EXPECT_FALSE(held.take_loss(2)) << "the call is under way";
  EXPECT_TRUE(held.take_loss(1)) << "the call has ended: its thread calls something else";
  EXPECT_TRUE(held.take(1, 1000).has_value()) << "the rest may still come";
  held.hold(tail_of(1, false));
  EXPECT_TRUE(held.take_loss(2));
  held.forget();
  EXPECT_FALSE(held.take_loss(1));
}

TEST(SplitCall, LinesOfProcAreRead) {
  const auto call = zonefs::parse_system_call("18 0x3 0x7f0000000200 0x200000 0x1000 0x0 0xff 0x7ffd00000000 0x7f1");
  ASSERT_TRUE(call.has_value());
  EXPECT_EQ(call->number, 18);
  EXPECT_EQ(call->arguments[0], 3U);
  EXPECT_EQ(call->arguments[2], 0x200000U);
  EXPECT_EQ(call->arguments[3], 0x1000U);
  for (const char* line : {"running", "", "-1 0x7ffd00000000 0x7f1", "18", "x 0x1 0x2 0x3 0x4 0x5 0x6"}) {
    EXPECT_FALSE(zonefs::parse_system_call(line).has_value()) << line;
  }
}

TEST(HeldTail, AnotherThreadLearnsOfACallThatFailedInTheMiddle) {
  HeldTail held;
  WriteTail tail;
  tail.pid = 7;
  tail.certain = true;
  tail.data.resize(512);
  held.hold(tail);
  EXPECT_FALSE(held.take_loss(8)) << "the call of 7 goes on";
  held.call_ended_early(9);
  EXPECT_FALSE(held.take_loss(8));
  held.call_ended_early(7);
  EXPECT_TRUE(held.take_loss(8));
}

}  // namespace
}  // namespace zonecopy::test
