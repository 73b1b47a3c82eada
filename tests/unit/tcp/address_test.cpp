#include "src/tcp/address.h"

#include <gtest/gtest.h>

namespace zonecopy::tcp {
namespace {

TEST(Address, IsParsedAndPrinted) {
  const struct {
    const char* text;
    const char* printed;
    bool loopback;
  } cases[] = {
      {"127.0.0.1:4420", "127.0.0.1:4420", true},
      {"127.0.0.1", "127.0.0.1:8009", true},
      {"127.8.9.10:0", "127.8.9.10:0", true},
      {"0.0.0.0:65535", "0.0.0.0:65535", false},
      {"192.168.1.2:80", "192.168.1.2:80", false},
      {"[::1]:4420", "[::1]:4420", true},
      {"[::1]", "[::1]:8009", true},
      {"[::]:1", "[::]:1", false},
      {"[fe80::1:2]:9", "[fe80::1:2]:9", false},
  };
  for (const auto& one : cases) {
    const Result<Address> address = parse_address(one.text, 8009);
    ASSERT_TRUE(address) << one.text;
    EXPECT_EQ(address->to_string(), one.printed);
    EXPECT_EQ(address->loopback(), one.loopback) << one.text;
  }
}

TEST(Address, RefusesWhatIsNone) {
  for (const char* const text :
       {"", ":", ":4420", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:1x", "127.0.0.1: 1",
        "localhost:1", "::1:4420", "[::1", "[::1]x", "[::1]:", "[]:1", "1.2.3:4", "[127.0.0.1]:1:2"}) {
    const Result<Address> address = parse_address(text, 4420);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code(), EINVAL);
  }
}

TEST(Address, OfAName) {
  const Result<std::vector<Address>> addresses = resolve("localhost", 4420);
  ASSERT_TRUE(addresses) << addresses.error().to_string();
  EXPECT_TRUE(addresses->front().loopback());
  EXPECT_EQ(addresses->front().port(), 4420);
  EXPECT_EQ(resolve("::1", 7)->front().to_string(), "[::1]:7");
  EXPECT_EQ(resolve("no such name", 7).error().code(), EHOSTUNREACH);
}

}  // namespace
}  // namespace zonecopy::tcp
