// Sizes as people write them, and the one line an error makes.
#include "zonecopy/size.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace zonecopy {
namespace {

TEST(ParseSize, Accepted) {
  constexpr std::uint64_t max = ~std::uint64_t{0};
  const std::vector<std::pair<std::string, std::uint64_t>> cases = {{"0", 0},
                                                                    {"1", 1},
                                                                    {"4096", 4096},
                                                                    {"007", 7},
                                                                    {"0K", 0},
                                                                    {"1K", 1024},
                                                                    {"1KiB", 1024},
                                                                    {"3M", 3U << 20},
                                                                    {"256MiB", 1U << 28},
                                                                    {"4G", 4ULL << 30},
                                                                    {"4GiB", 4ULL << 30},
                                                                    {"2T", 2ULL << 40},
                                                                    {"2TiB", 2ULL << 40},
                                                                    {"18446744073709551615", max},
                                                                    {"16777215TiB", 16777215ULL << 40},
                                                                    {"18014398509481983K", 18014398509481983ULL << 10}};
  for (const auto& [text, bytes] : cases) {
    const Result<std::uint64_t> size = parse_size(text);
    ASSERT_TRUE(size) << text;
    EXPECT_EQ(*size, bytes) << text;
  }
}

TEST(ParseSize, Refused) {
  for (const char* const text : {"4Gib", "4gib", "4k", "4KB", "4B", "4 G", " 4", "4 ", "-1", "+1", "", "K", "0x10",
                                 "1.5G", "1e3", "4KK", "4iB", "4Ki", "99999999999999999999x"}) {
    const Result<std::uint64_t> size = parse_size(text);
    ASSERT_FALSE(size) << text;
    EXPECT_EQ(size.error().code(), EINVAL);
    EXPECT_EQ(size.error().detail(),
              "'" + std::string(text) + "' is no size: write it as bytes or with KiB, MiB, GiB or TiB, as in 4GiB");
  }
  EXPECT_FALSE(parse_size(std::string_view("4\0", 2)));
}

TEST(ParseSize, TooLarge) {
  for (const char* const text :
       {"18446744073709551616", "99999999999999999999999999", "16777216TiB", "18014398509481984K", "17179869184GiB"}) {
    const Result<std::uint64_t> size = parse_size(text);
    ASSERT_FALSE(size) << text;
    EXPECT_EQ(size.error().code(), ERANGE);
    EXPECT_EQ(size.error().detail(), "'" + std::string(text) + "' is too large: sizes are below 16777216TiB");
  }
}

TEST(FormatSize, ExactInTheLargestUnit) {
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_size(1), "1");
  EXPECT_EQ(format_size(1000), "1000");
  EXPECT_EQ(format_size(1024), "1KiB");
  EXPECT_EQ(format_size(1536ULL << 20), "1536MiB");
  EXPECT_EQ(format_size(4ULL << 30), "4GiB");
  EXPECT_EQ(format_size(3ULL << 50), "3072TiB");
  EXPECT_EQ(format_size(~std::uint64_t{0}), "18446744073709551615");
}

TEST(FormatSize, ReadsBack) {
  for (unsigned shift = 0; shift < 64; ++shift) {
    for (const std::uint64_t bytes : {1ULL << shift, (1ULL << shift) - 1, (1ULL << shift) + 1}) {
      const Result<std::uint64_t> size = parse_size(format_size(bytes));
      ASSERT_TRUE(size);
      EXPECT_EQ(*size, bytes);
    }
  }
}

TEST(Error, OneLineOfEverythingKnown) {
  Error error(EIO, "zone reset", "power was lost");
  EXPECT_EQ(error.to_string(), "zone reset: Input/output error: power was lost");
  error.on_device("disk.img").at_zone(3).at_lba(98304).with_nvme_status(0x1bc);
  EXPECT_EQ(error.to_string(),
            "zone reset on disk.img, zone 3, LBA 98304: Input/output error (NVMe status 0x1bc): power was lost");
  EXPECT_EQ(Error(ENOENT, "open image").to_string(), "open image: No such file or directory");
  EXPECT_EQ(Error(9999, "read").at_zone(0).to_string(), "read, zone 0: error 9999");
}

}  // namespace
}  // namespace zonecopy
