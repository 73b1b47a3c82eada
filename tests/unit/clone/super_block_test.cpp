#include "tools/clone/super_block.h"

#include <gtest/gtest.h>

namespace zonecopy::cloning {
namespace {

zonefs::SuperBlock with_uuid(std::uint8_t number) {
  zonefs::SuperBlock super_block;
  super_block.label = "disk";
  super_block.uuid.fill(number);
  return super_block;
}

TEST(CloneSuperBlock, AnotherUuidMayBeThatOfAClone) {
  const zonefs::SuperBlockBytes bytes = encode(with_uuid(2));
  for (const std::size_t length : {0, 512, 1024, 4096}) {
    EXPECT_TRUE(may_be_begun(std::span(bytes).first(length), with_uuid(1))) << length;
  }
}

TEST(CloneSuperBlock, AnythingElseIsNot) {
  zonefs::SuperBlock other = with_uuid(2);
  other.label = "disc";
  EXPECT_FALSE(may_be_begun(encode(other), with_uuid(1)));
  other = with_uuid(2);
  other.features.aggregate_conventional = true;
  EXPECT_FALSE(may_be_begun(encode(other), with_uuid(1)));
  zonefs::SuperBlockBytes bytes = encode(with_uuid(2));
  bytes.back() = std::byte{1};
  EXPECT_FALSE(may_be_begun(bytes, with_uuid(1)));
  EXPECT_TRUE(may_be_begun(std::span(bytes).first(bytes.size() - 1), with_uuid(1)));
}

}  // namespace
}  // namespace zonecopy::cloning
