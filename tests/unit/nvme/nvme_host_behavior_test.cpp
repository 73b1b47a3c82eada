// The data of feature 16h, byte by byte.
#include "src/nvme/host_behavior.h"

#include <gtest/gtest.h>

#include <array>

namespace zonecopy::nvme {
namespace {

using Data = std::array<std::byte, host_behavior_size_bytes>;

Data filled_with(unsigned value) {
  Data data;
  data.fill(std::byte(value));
  return data;
}

TEST(NvmeHostBehavior, NumbersOfTheStandard) {
  EXPECT_EQ(feature_host_behavior, 0x16);
  EXPECT_EQ(host_behavior_size_bytes, 512U);
}

TEST(NvmeHostBehavior, Format2IsBit2OfByte4) {
  Data data{};
  EXPECT_FALSE(copy_format_enabled(data, CopyFormat::across));
  data[4] = std::byte{0x04};
  EXPECT_TRUE(copy_format_enabled(data, CopyFormat::across));
  data = filled_with(0xff);
  data[4] = std::byte{0xfb};
  EXPECT_FALSE(copy_format_enabled(data, CopyFormat::across)) << "no other bit counts";
}

TEST(NvmeHostBehavior, EveryOtherBitStays) {
  for (const unsigned background : {0x00U, 0xffU, 0xa5U}) {
    for (const bool enabled : {true, false}) {
      Data data = filled_with(background);
      Data expected = data;
      expected[4] = std::byte(enabled ? background | 0x04U : background & 0xfbU);
      enable_copy_format(data, CopyFormat::across, enabled);
      EXPECT_EQ(data, expected) << background << (enabled ? " enabled" : " disabled");
      EXPECT_EQ(copy_format_enabled(data, CopyFormat::across), enabled);
    }
  }
}

TEST(NvmeHostBehavior, WhatIsMissingIsNotEnabled) { EXPECT_FALSE(copy_format_enabled({}, CopyFormat::across)); }

}  // namespace
}  // namespace zonecopy::nvme
