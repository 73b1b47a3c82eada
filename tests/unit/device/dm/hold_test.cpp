// Whoever holds a device mapper's device notices what others do to it.
#include "src/device/dm/hold.h"

#include <gmock/gmock.h>
#include <sys/sysmacros.h>

namespace zonecopy::dm {
namespace {

using Care = linear::LayoutGuard::Care;

class DeviceMapperHold : public testing::Test {
 protected:
  [[nodiscard]] std::string refusal(Care care) {
    const Status status = hold_.check(care);
    if (status) return {};
    EXPECT_EQ(status.error().code(), EIO);
    return status.error().detail();
  }

  const dev_t device_ = makedev(253, 0);
  Table table_{{{0, 100, "linear", "259:0 0"}}, false};
  int asked_ = 0;
  Hold hold_{FileDescriptor(), Stack{{}, {{device_, table_}}},
             Questions{[](dev_t) { return true; },
                       [this](dev_t) {
                         ++asked_;
                         return Result<Table>(table_);
                       }},
             KernelPointers()};
};

TEST_F(DeviceMapperHold, SuspendedForAWhile) {
  EXPECT_EQ(refusal(Care::now), "");
  table_.suspended = true;
  EXPECT_EQ(refusal(Care::now), "the device mapper's device 253:0 is suspended");
  EXPECT_EQ(refusal(Care::often), "the device mapper's device 253:0 is suspended") << "from then on it asks every time";
  table_.suspended = false;
  EXPECT_EQ(refusal(Care::often), "");
}

TEST_F(DeviceMapperHold, AnotherTableIsForGood) {
  table_.targets.front().parameters = "259:0 64";
  EXPECT_THAT(refusal(Care::now), testing::HasSubstr("253:0 was changed since it was opened"));
  table_.targets.front().parameters = "259:0 0";
  EXPECT_THAT(refusal(Care::now), testing::HasSubstr("unmount, and mount again"));
}

TEST_F(DeviceMapperHold, AnAnswerLastsAMoment) {
  EXPECT_EQ(refusal(Care::often), "");
  const int asked = asked_;
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(refusal(Care::often), "");
  EXPECT_LT(asked_ - asked, 1000);
  EXPECT_EQ(refusal(Care::now), "");
}

}  // namespace
}  // namespace zonecopy::dm
