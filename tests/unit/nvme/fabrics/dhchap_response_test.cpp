// Responses of DH-HMAC-CHAP, and the hash functions below. What is expected was computed by another implementation of
// HMAC and SHA-2, in the order of fields that the standard has.
#include "src/nvme/fabrics/dhchap_response.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/unit/nvme/fabrics/hex.h"

namespace zonecopy::nvme::fabrics::dhchap {
namespace {

const Parties parties = {"nqn.2026-01.org.example:host", "nqn.2026-01.org.example:disk"};

/// 00 01 02 ...
Bytes counted_key(HashId hash) {
  Bytes key(hash_bytes(hash));
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(i);
  return key;
}

struct Row {
  HashId hash;
  const char* host;
  const char* host_with_secret;
  const char* controller_with_secret;
};
const Row rows[] = {
    {HashId::sha256, "33c200c16424c7a6ea1b716e3f8425791fc645c30503a842ad560b5c866d9fc9",
     "31bf1cba612084c81099f4d607142c8377e99652ff691320d23dd5fc4fb31c8b",
     "cbd7d0c2955f95d3734bee0d20ccb10441a24bfcc55d48b93bfd922d040dad8a"},
    {HashId::sha384, "7d424eb6fd82ac50740332841a5dd8f18cf31c2a2fc4c4a4a62e293945a28582cdc207e9f302fa78dcf02c4a604d3759",
     "ed62983f663b1c6c723144014554275bfdba34d6ea7ec3b2d2025571a101bd9e5e8f5d620be370181a8a5e928a169e89",
     "d14bad4985f4a3dd751fd62a1d0ee8d3eb31b1880d71812f9aacbf646a4321af3a628435e1d614b953651a33fecc65a6"},
    {HashId::sha512,
     "bea9f5badd5cb9b37f575bb87789a1abdd8d085ffaa2e108d45df81c688bdfa9"
     "4d286eb83fc377cc48ae9f5bcdd9c94346a03ba0d6cfb1fb83ddcd6ecc164e40",
     "a792164d9cb142418a28381b6e5c60e5eaaf5c239fe95b16fa49d4edf86f7ea8"
     "806a76eefa75a511f1da8f42015eeb48a7da77da06172c3b94ad5f02b6a5bd80",
     "20269e810a8306aa589ea44e4eefd0d511c8d3165c4b3f9f89cffb85c1713b61"
     "65b1f45d1cbfce1897733281cdb140b2ffffd0e3e0f273e7cb40817bc05ba3f1"},
};

TEST(DhchapResponse, OfEachHash) {
  const Bytes secret = repeated(256, 0x5a);
  for (const Row& row : rows) {
    Question question{row.hash, repeated(hash_bytes(row.hash), 0xc1), {}, 0x01020304, 0x0506};
    const Bytes key = counted_key(row.hash);
    EXPECT_EQ(*host_response(question, key, parties), from_hex(row.host)) << to_string(row.hash);
    question.shared_secret = secret;
    EXPECT_EQ(*host_response(question, key, parties), from_hex(row.host_with_secret)) << to_string(row.hash);
    EXPECT_EQ(*controller_response(question, key, parties), from_hex(row.controller_with_secret))
        << to_string(row.hash);
  }
}

/// RFC 4231, test case 1, and "abc" of FIPS 180-2.
TEST(Hash, KnownAnswers) {
  const std::span<const std::byte> hi_there = std::as_bytes(std::span(std::string_view("Hi There")));
  EXPECT_EQ(*hmac(HashId::sha256, repeated(20, 0x0b), {hi_there.first(3), hi_there.subspan(3)}),
            from_hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
  EXPECT_EQ(*hashed(HashId::sha256, std::as_bytes(std::span(std::string_view("abc")))),
            from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

TEST(Hash, SameBytes) {
  EXPECT_TRUE(same_bytes({}, {}));
  EXPECT_TRUE(same_bytes(repeated(32, 1), repeated(32, 1)));
  EXPECT_FALSE(same_bytes(repeated(32, 1), repeated(31, 1)));
  EXPECT_FALSE(same_bytes(repeated(32, 1), joined(repeated(31, 1), repeated(1, 2))));
}

}  // namespace
}  // namespace zonecopy::nvme::fabrics::dhchap
