// Comparing copies: which ranges differ, in which destination, and where.
#include "tools/zonecopy/copy_verify.h"

#include <gtest/gtest.h>

#include "tests/unit/tool/memory_file.h"

namespace zonecopy::tools {
namespace {

using test::MemoryFile;

std::vector<std::byte> numbered(std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>((i * 2654435761U) >> 13U);
  return bytes;
}

class CopyVerify : public testing::Test {
 protected:
  CopyVerify() {
    // Three ranges, and 100 bytes in front of their copies.
    for (const auto& [offset, length] : {std::pair{5000U, 3000U}, {0U, 10U}, {9000U, 1000U}}) {
      ranges.push_back({source, offset, length});
      for (const auto& copy : copies) {
        copy->bytes.insert(copy->bytes.end(), source->bytes.begin() + offset, source->bytes.begin() + offset + length);
      }
    }
  }
  std::vector<Verification> verify() {
    std::vector<VerifyTarget> targets;
    for (std::size_t i = 0; i < copies.size(); ++i) targets.push_back({copies[i], 100, copied[i]});
    total_bytes = bytes_to_verify(targets);
    return verify_copies(ranges, targets, stop, [this](std::uint64_t bytes) { done_bytes = bytes; });
  }

  std::shared_ptr<MemoryFile> source = std::make_shared<MemoryFile>("source", numbered(10000));
  std::vector<std::shared_ptr<MemoryFile>> copies = {std::make_shared<MemoryFile>("one", numbered(100)),
                                                     std::make_shared<MemoryFile>("two", numbered(100))};
  std::vector<std::vector<std::uint64_t>> copied = {{3000, 10, 1000}, {3000, 10, 1000}};
  std::vector<GatherRange> ranges;
  std::atomic<bool> stop = false;
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;
};

TEST_F(CopyVerify, TheSame) {
  for (const Verification& verification : verify()) {
    EXPECT_EQ(verification.bytes, 4010U);
    EXPECT_TRUE(verification.differences.empty());
    EXPECT_FALSE(verification.error);
  }
  EXPECT_EQ(done_bytes, total_bytes);
  EXPECT_EQ(source->reads, 3U);  // once for both
}

TEST_F(CopyVerify, NamesWhatDiffers) {
  copies[1]->bytes[100 + 3005] ^= std::byte{1};
  copies[1]->bytes[100 + 4009] ^= std::byte{1};
  const std::vector<Verification> verifications = verify();
  EXPECT_TRUE(verifications[0].differences.empty());
  ASSERT_EQ(verifications[1].differences.size(), 2U);
  EXPECT_EQ(verifications[1].differences[0].range, 1U);
  EXPECT_EQ(verifications[1].differences[0].offset_bytes, 3100U);
  EXPECT_EQ(verifications[1].differences[1].range, 2U);
  EXPECT_NE(verifications[1].differences[1].source_hash, verifications[1].differences[1].target_hash);
}

TEST_F(CopyVerify, OnlyWhatWasCopied) {
  copied[0] = {3000, 4, 0};
  copies[0]->bytes.resize(100 + 3004);
  const std::vector<Verification> verifications = verify();
  EXPECT_EQ(verifications[0].bytes, 3004U);
  EXPECT_EQ(verifications[1].bytes, 4010U);
  EXPECT_TRUE(verifications[0].differences.empty() && !verifications[0].error);
}

TEST_F(CopyVerify, OneThatCannotBeReadLeavesTheOther) {
  copies[0]->read_error = Error(EIO, "read");
  const std::vector<Verification> verifications = verify();
  EXPECT_EQ(verifications[0].error->code(), EIO);
  EXPECT_EQ(verifications[1].bytes, 4010U);
  EXPECT_FALSE(verifications[1].error);
}

TEST_F(CopyVerify, ASourceThatCannotBeReadIsAnErrorOfAll) {
  source->read_error = Error(EIO, "read");
  for (const Verification& verification : verify()) EXPECT_EQ(verification.error->code(), EIO);
}

TEST_F(CopyVerify, CanBeStopped) {
  stop = true;
  for (const Verification& verification : verify()) EXPECT_EQ(verification.error->code(), EINTR);
}

}  // namespace
}  // namespace zonecopy::tools
