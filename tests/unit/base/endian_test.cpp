// Integers as bytes, against bytes written by hand.
#include "src/base/endian.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

namespace zonecopy {
namespace {

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    char digits[4];
    std::snprintf(digits, sizeof digits, "%02x", std::to_integer<unsigned>(byte));
    text += digits;
  }
  return text;
}

TEST(Endian, PutsTheLowestByteFirst) {
  std::array<std::byte, 18> bytes{};
  put_little_endian<std::uint8_t>(bytes, 1, 0xfe);
  put_little_endian<std::uint16_t>(bytes, 2, 0x1234);
  put_little_endian<std::uint32_t>(bytes, 5, 0x89abcdef);
  put_little_endian<std::uint64_t>(bytes, 10, 0x0123456789abcdef);
  EXPECT_EQ(hex(bytes), "00fe341200efcdab8900efcdab8967452301");
}

TEST(Endian, TakesWhatItPuts) {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x8000000000000000},
                                    std::numeric_limits<std::uint64_t>::max(), std::uint64_t{0xfedcba9876543210}}) {
    std::array<std::byte, 9> bytes{};
    put_little_endian(bytes, 1, value);
    EXPECT_EQ(little_endian<std::uint64_t>(bytes, 1), value);
    EXPECT_EQ(little_endian<std::uint32_t>(bytes, 1), static_cast<std::uint32_t>(value));
    EXPECT_EQ(little_endian<std::uint16_t>(bytes, 1), static_cast<std::uint16_t>(value));
    EXPECT_EQ(little_endian<std::uint8_t>(bytes, 1), static_cast<std::uint8_t>(value));
  }
}

TEST(Endian, WhatLiesBeyondTheEndReadsAsZeros) {
  const std::array<std::byte, 3> bytes = {std::byte{0xff}, std::byte{0xee}, std::byte{0xdd}};
  EXPECT_EQ(little_endian<std::uint32_t>(bytes, 1), 0xddeeU);
  EXPECT_EQ(little_endian<std::uint64_t>(bytes, 3), 0U);
  EXPECT_EQ(little_endian<std::uint64_t>(bytes, 1000), 0U);
}

TEST(Endian, AnIntegerThatLiesInMemoryLowestByteFirst) {
  const std::uint64_t word = swapped_on_big_endian<std::uint64_t>(0x0123456789abcdef);
  EXPECT_EQ(hex(std::as_bytes(std::span(&word, 1))), "efcdab8967452301");
  EXPECT_EQ(swapped_on_big_endian(word), 0x0123456789abcdefU);
}

}  // namespace
}  // namespace zonecopy
