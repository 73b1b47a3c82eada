// Diffie-Hellman exchanges: both sides come to one secret, and values that would give it away are refused.
#include "src/nvme/fabrics/dh_group.h"

#include <gtest/gtest.h>

#include "tests/unit/nvme/fabrics/hex.h"

namespace zonecopy::nvme::fabrics {
namespace {

Bytes exponent(int byte) { return repeated(exponent_bytes, byte); }
Bytes small_exponent(int byte) { return joined(repeated(exponent_bytes - 1, 0), repeated(1, byte)); }
Bytes bytes_of(const Secret& secret) { return {secret.bytes().begin(), secret.bytes().end()}; }

TEST(DhGroup, BothSidesComeToOneSecret) {
  for (const DhGroup group : all_groups) {
    if (group == DhGroup::null) continue;
    const Result<Bytes> one = public_value(group, exponent(0x17));
    const Result<Bytes> other = public_value(group, exponent(0xe9));
    ASSERT_TRUE(one.ok() && other.ok()) << to_string(group);
    EXPECT_EQ(one->size(), value_bytes(group));
    const Result<Secret> here = shared_secret(group, exponent(0x17), *other);
    const Result<Secret> there = shared_secret(group, exponent(0xe9), *one);
    ASSERT_TRUE(here.ok() && there.ok()) << to_string(group);
    EXPECT_EQ(bytes_of(*here), bytes_of(*there)) << to_string(group);
    EXPECT_EQ(here->size(), value_bytes(group));
    EXPECT_NE(*one, *other);
  }
}

/// 2^11 is smaller than all primes; zeros are put in front.
TEST(DhGroup, GeneratorIsTwo) {
  for (const DhGroup group : all_groups) {
    if (group == DhGroup::null) continue;
    const Bytes power = joined(repeated(value_bytes(group) - 2, 0), from_hex("08 00"));
    EXPECT_EQ(*public_value(group, small_exponent(11)), power) << to_string(group);
    // 16^3
    const Bytes cube = joined(repeated(value_bytes(group) - 2, 0), from_hex("10 00"));
    const Result<Secret> secret = shared_secret(group, small_exponent(3), from_hex("10"));
    ASSERT_TRUE(secret.ok()) << to_string(group);
    EXPECT_EQ(bytes_of(*secret), cube) << to_string(group);
  }
}

/// The primes of RFC 7919, A: all begin with 64 ones and the first bits of e, and end with 64 ones. 2^2048 mod p is what is
/// left of the power, so that it tells them.
TEST(DhGroup, PrimeIsThatOfRfc7919) {
  const Bytes power_2048 = joined(repeated(exponent_bytes - 2, 0), from_hex("08 00"));
  const Bytes left = *public_value(DhGroup::ffdhe2048, power_2048);
  // 2^2048 - p, where p is FFFFFFFF FFFFFFFF ADF85458 A2BB4A9A ... FFFFFFFF FFFFFFFF.
  EXPECT_EQ(Bytes(left.begin(), left.begin() + 16), from_hex("00000000 00000000 5207aba7 5d44b565"));
  EXPECT_EQ(Bytes(left.end() - 8, left.end()), from_hex("00000000 00000001"));
}

TEST(DhGroup, ValuesThatAreRefused) {
  // p - 1 is 2^2048 - 1 minus (2^2048 - p): the ones' complement of what is left.
  const Bytes left = *public_value(DhGroup::ffdhe2048, joined(repeated(exponent_bytes - 2, 0), from_hex("08 00")));
  Bytes last = left;
  for (std::byte& byte : last) byte = ~byte;
  Bytes prime = last;
  prime.back() = std::byte{0xff};
  Bytes last_fit = last;
  last_fit.back() = std::byte{0xfd};
  ASSERT_EQ(last.back(), std::byte{0xfe});
  for (const Bytes& value : {Bytes(), from_hex("00"), from_hex("01"), repeated(256, 0), last, prime,
                             repeated(256, 0xff), repeated(257, 0), joined(repeated(300, 0), from_hex("02"))}) {
    const Result<Secret> secret = shared_secret(DhGroup::ffdhe2048, exponent(0x17), value);
    ASSERT_FALSE(secret.ok());
    EXPECT_EQ(secret.error().code(), EINVAL);
  }
  EXPECT_TRUE(shared_secret(DhGroup::ffdhe2048, exponent(0x17), last_fit).ok());
  EXPECT_TRUE(shared_secret(DhGroup::ffdhe2048, exponent(0x17), from_hex("02")).ok());
}

TEST(DhGroup, Identifiers) {
  for (const DhGroup group : all_groups) EXPECT_EQ(group_of(static_cast<std::uint8_t>(group)), group);
  EXPECT_FALSE(group_of(6).has_value());
  EXPECT_FALSE(group_of(0xff).has_value());
}

}  // namespace
}  // namespace zonecopy::nvme::fabrics
