// Keys of in-band authentication: those that `nvme gen-dhchap-key` prints, and what is wrong with others.
#include "src/nvme/fabrics/key.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/nvme/fabrics/key_list.h"
#include "tests/unit/nvme/fabrics/hex.h"

namespace zonecopy::nvme::fabrics {
namespace {

Bytes bytes_of(const Secret& secret) { return {secret.bytes().begin(), secret.bytes().end()}; }

// Printed by nvme-cli 2.3 for sixteen bytes of zeros and sixteen FFh, and for 64 zeros that it was to transform for
// the host nqn.2026-01.org.example:h.
const std::string plain = "DHHC-1:00:AAAAAAAAAAAAAAAAAAAAAP/////////////////////i2ALK:";
const std::string of_512 =
    "DHHC-1:03:AwYXPUHfVlTITDwIKCslFWyJ4ujYH1aV32oCI+WEJ7+pImIdCyEGmYcVgjROhKy1K/wMflcic0X/4pnRRrRJtxCznHM=:";
const std::string of_256 = "DHHC-1:01:T0XRBnpEGBAn5HK1xIMF/HOcfVD7hNrJiy9Mm7YbjxyqCyca:";

TEST(Key, ThoseOfNvmeCli) {
  const Result<Key> key = parse_key(plain);
  ASSERT_TRUE(key.ok()) << key.error().to_string();
  EXPECT_FALSE(key->transformation.has_value());
  EXPECT_EQ(bytes_of(key->bytes), from_hex(std::string(32, '0') + std::string(32, 'f')));
  for (const std::string& text : {plain, of_256, of_512}) {
    const Result<Key> again = parse_key(text);
    ASSERT_TRUE(again.ok()) << again.error().to_string();
    EXPECT_EQ(to_string(*again), text);
  }
  EXPECT_EQ(parse_key(of_256)->transformation, HashId::sha256);
  EXPECT_EQ(parse_key(of_512)->transformation, HashId::sha512);
}

/// nvme-cli transforms the secret before it prints it: the same has to come out here.
TEST(Key, TransformedAsByNvmeCli) {
  const Key zeros{HashId::sha512, Secret(64)};
  const Result<Secret> made = transformed(zeros, "nqn.2026-01.org.example:h");
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(bytes_of(*made), bytes_of(parse_key(of_512)->bytes));
  const Key as_it_is{std::nullopt, Secret(32)};
  EXPECT_EQ(bytes_of(*transformed(as_it_is, "nqn.2026-01.org.example:h")), Bytes(32));
}

TEST(Key, WhatIsNone) {
  struct Row {
    std::string text;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"", "begin with DHHC-1:"},
      {"DHHC-2" + plain.substr(6), "begin with DHHC-1:"},
      {"DHHC-1:04" + plain.substr(9), "number of its hash"},
      {"DHHC-1:1:" + plain.substr(10), "number of its hash"},
      {"DHHC-1:", "number of its hash"},
      {"DHHC-1:00", "number of its hash"},
      {"DHHC-1:00:", "no colon at its end"},
      {plain.substr(0, plain.size() - 1), "no colon at its end"},
      {"DHHC-1:00::", "not base 64"},
      {"DHHC-1:00:====:", "not base 64"},
      {"DHHC-1:00:AAA:", "not base 64"},
      {"DHHC-1:00:A A=:", "not base 64"},
      {"DHHC-1:00:A=AA:", "not base 64"},
      {"DHHC-1:00:AAAA:", "32, 48 or 64 bytes"},
      {"DHHC-1:00:" + std::string(44, 'A') + ":", "32, 48 or 64 bytes"},
      {"DHHC-1:00:B" + plain.substr(11), "its checksum"},
      {"DHHC-1:02" + of_256.substr(9), "it has 32 bytes, and one for SHA-384 has 48"},
      {"DHHC-1:01" + of_512.substr(9), "it has 64 bytes, and one for SHA-256 has 32"},
  };
  for (const Row& row : rows) {
    const Result<Key> key = parse_key(row.text);
    ASSERT_FALSE(key.ok()) << row.text;
    EXPECT_EQ(key.error().code(), EINVAL);
    EXPECT_NE(key.error().detail().find(row.why), std::string::npos) << row.text << ": " << key.error().detail();
    EXPECT_EQ(key.error().detail().find("AAAA"), std::string::npos) << "it shows the key: " << key.error().detail();
  }
}

TEST(KeyList, LinesOfFile) {
  const std::string text =
      "# hosts\n\n  nqn.2026-01.org.example:a " + of_256 + "\r\n\tmy host\t" + plain + "\n" + of_512;
  const Result<KeyList> list = parse_key_list(text);
  ASSERT_TRUE(list.ok()) << list.error().to_string();
  EXPECT_EQ(to_string(*list->key_of("nqn.2026-01.org.example:a")), of_256);
  EXPECT_EQ(to_string(*list->key_of("my host")), plain);
  EXPECT_EQ(to_string(*list->key_of("other")), of_512);
  EXPECT_EQ(list->own_key_of("other"), nullptr);
  EXPECT_NE(list->own_key_of("my host"), nullptr);
}

TEST(KeyList, WithoutKeyForOthers) {
  const Result<KeyList> list = parse_key_list("a " + plain);
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->key_of("b"), nullptr);
}

TEST(KeyList, WhatIsWrong) {
  struct Row {
    std::string text;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"", "no key in it"},
      {"\n# nothing\n", "no key in it"},
      {"\nsecret\n", "line 2: this is no key"},
      {"name " + plain.substr(0, 20), "line 1: this is no key"},
      {plain + " name", "line 1: this is no key"},
      {plain + "\n" + plain, "line 2: a second key stands without a name"},
      {"a " + plain + "\na " + of_256, "line 2: 'a' has a key already"},
      {std::string(224, 'n') + " " + plain, "line 1: 'nnn"},
      {std::string("a\0b ", 4) + plain, "control character"},
  };
  for (const Row& row : rows) {
    const Result<KeyList> list = parse_key_list(row.text);
    ASSERT_FALSE(list.ok()) << row.text;
    EXPECT_EQ(list.error().code(), EINVAL);
    EXPECT_NE(list.error().detail().find(row.why), std::string::npos) << list.error().detail();
    EXPECT_EQ(list.error().detail().find("AAAA"), std::string::npos) << "it shows the key: " << list.error().detail();
  }
}

}  // namespace
}  // namespace zonecopy::nvme::fabrics
