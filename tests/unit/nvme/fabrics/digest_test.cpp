// CRC-32C against the examples of RFC 3720 (iSCSI), appendix B.4, which NVMe/TCP refers to.
#include "src/nvme/fabrics/digest.h"

#include <gtest/gtest.h>

#include <vector>

namespace zonecopy::nvme::fabrics {
namespace {

std::vector<std::byte> bytes(std::size_t count, unsigned first, int step) {
  std::vector<std::byte> data;
  for (std::size_t i = 0; i < count; ++i)
    data.push_back(static_cast<std::byte>(static_cast<int>(first) + step * static_cast<int>(i)));
  return data;
}

TEST(Digest, IsTheOneOfTheExamples) {
  EXPECT_EQ(digest_of(bytes(32, 0, 0)), 0x8a9136aaU);
  EXPECT_EQ(digest_of(bytes(32, 0xff, 0)), 0x62a8ab43U);
  EXPECT_EQ(digest_of(bytes(32, 0, 1)), 0x46dd794eU);
  EXPECT_EQ(digest_of(bytes(32, 0x1f, -1)), 0x113fdb5cU);
  EXPECT_EQ(digest_of({}), 0U);
}

TEST(Digest, OfPartsIsThatOfTheWhole) {
  const std::vector<std::byte> data = bytes(1000, 7, 3);
  for (const std::size_t cut : {0U, 1U, 7U, 8U, 999U, 1000U}) {
    Digest digest;
    digest.add(std::span(data).first(cut));
    digest.add(std::span(data).subspan(cut));
    EXPECT_EQ(digest.value(), digest_of(data)) << cut;
  }
}

}  // namespace
}  // namespace zonecopy::nvme::fabrics
