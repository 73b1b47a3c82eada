// NVMe qualified names: which are such, and which can at least stand in the field for one.
#include "src/nvme/fabrics/nqn.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace zonecopy::nvme::fabrics {
namespace {

const std::string longest = "nqn.2026-01.org.example:" + std::string(nqn_max_bytes - 24, 'x');

TEST(Nqn, WhatTheStandardHas) {
  const std::vector<std::string> names = {
      "nqn.2014-08.org.nvmexpress.discovery",
      "nqn.2014-08.org.nvmexpress:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
      "nqn.2014-08.com.example:nvme.host.sys.xyz",
      "nqn.2026-12.org.example:a:b:c",
      "nqn.2026-01.com.my-company.lab-3:\xc3\xa9tage",
      "nqn.2026-01.localhost:disk",
      longest,
  };
  for (const std::string& name : names) {
    const Status right = check_nqn(name);
    EXPECT_TRUE(right.ok()) << name << ": " << right.error().to_string();
    EXPECT_TRUE(check_nqn_field(name).ok()) << name;
  }
}

TEST(Nqn, WhatItDoesNotHave) {
  struct Row {
    std::string name;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"disk", "begins with 'nqn.'"},
      {"nqn.disk", "begins with 'nqn.'"},
      {"nqn.2026-1.org.example:disk", "begins with 'nqn.'"},
      {"nqn.2026-13.org.example:disk", "begins with 'nqn.'"},
      {"nqn.2026-00.org.example:disk", "begins with 'nqn.'"},
      {"NQN.2026-01.org.example:disk", "begins with 'nqn.'"},
      {"nqn.2026-01.", "a domain"},
      {"nqn.2026-01.:disk", "a domain"},
      {"nqn.2026-01.org..example:disk", "a domain"},
      {"nqn.2026-01.org.-example:disk", "a domain"},
      {"nqn.2026-01.org example:disk", "a domain"},
      {"nqn.2026-01.org.example", "a colon"},
      {"nqn.2026-01.org.example:", "a colon"},
      {"nqn.2014-08.org.nvmexpress:uuid:", "a UUID"},
      {"nqn.2014-08.org.nvmexpress:uuid:f81d4fae-7dec-11d0-a765", "a UUID"},
      {"nqn.2014-08.org.nvmexpress:uuid:f81d4fae7dec11d0a76500a0c91e6bf6", "a UUID"},
  };
  for (const Row& row : rows) {
    const Status right = check_nqn(row.name);
    ASSERT_FALSE(right.ok()) << row.name;
    EXPECT_EQ(right.error().code(), EINVAL);
    EXPECT_NE(right.error().detail().find(row.why), std::string::npos) << right.error().detail();
    EXPECT_TRUE(check_nqn_field(row.name).ok()) << row.name;
  }
}

TEST(Nqn, WhatCannotStandInTheField) {
  struct Row {
    std::string name;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"", "empty"},
      {longest + "x", "224 bytes"},
      {"a\nb", "control"},
      {std::string("a\0b", 3), "control"},
      {"a\x7f", "control"},
      {"\x80", "UTF-8"},
      {"\xc3", "UTF-8"},
      {"\xc3(", "UTF-8"},
      {"\xc0\xaf", "UTF-8"},          // "/" in too long a form
      {"\xe0\x80\xaf", "UTF-8"},      // the same
      {"\xed\xa0\x80", "UTF-8"},      // half of a pair of UTF-16
      {"\xf4\x90\x80\x80", "UTF-8"},  // beyond the last character
      {"\xf5\x80\x80\x80", "UTF-8"},
  };
  for (const Row& row : rows) {
    for (const Status& right : {check_nqn_field(row.name), check_nqn(row.name)}) {
      ASSERT_FALSE(right.ok()) << row.name;
      EXPECT_EQ(right.error().code(), EINVAL);
      EXPECT_NE(right.error().detail().find(row.why), std::string::npos) << right.error().detail();
    }
  }
}

TEST(Nqn, OfUuid) {
  const Uuid uuid = {0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0, 0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6};
  EXPECT_EQ(nqn_of(uuid), "nqn.2014-08.org.nvmexpress:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  EXPECT_TRUE(check_nqn(nqn_of(uuid)).ok());
}

}  // namespace
}  // namespace zonecopy::nvme::fabrics
