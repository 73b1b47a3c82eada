// Tables of the device mapper over one another.
#include "src/device/dm/stack.h"

#include <gmock/gmock.h>
#include <sys/sysmacros.h>

#include <map>

namespace zonecopy::dm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const dev_t nvme_a = makedev(259, 0);
const dev_t nvme_b = makedev(259, 1);
dev_t mapped(unsigned number) { return makedev(253, number); }

Target linear(std::uint64_t first, std::uint64_t sectors, const char* below) {
  return {first, sectors, "linear", below};
}

/// Device mapper devices are those whose major number is 253.
class DeviceMapperStack : public testing::Test {
 protected:
  [[nodiscard]] Questions questions() {
    return {[](dev_t device) { return major(device) == 253; },
            [this](dev_t device) -> Result<Table> {
              ++asked_;
              if (!tables_.contains(device)) return Error(ENXIO, "read table", "no such device");
              return tables_[device];
            }};
  }
  [[nodiscard]] Stack stack() {
    const Result<Stack> found = resolve(mapped(0), questions());
    EXPECT_TRUE(found.ok()) << (found ? "" : found.error().to_string());
    return found ? *found : Stack();
  }
  [[nodiscard]] std::string refusal() {
    const Result<Stack> found = resolve(mapped(0), questions());
    if (found) return {};
    EXPECT_EQ(found.error().code(), EOPNOTSUPP);
    return found.error().detail();
  }

  std::map<dev_t, Table> tables_;
  int asked_ = 0;
};

TEST_F(DeviceMapperStack, PiecesInAnyOrder) {
  tables_[mapped(0)] = {{linear(0, 100, "259:0 500"), linear(100, 50, "259:1 0"), linear(150, 100, "259:0 100")},
                        false};
  EXPECT_THAT(stack().segments,
              ElementsAre(Segment{0, 100, nvme_a, 500}, Segment{100, 50, nvme_b, 0}, Segment{150, 100, nvme_a, 100}));
}

TEST_F(DeviceMapperStack, LinearOverLinear) {
  tables_[mapped(0)] = {{linear(0, 60, "253:1 80"), linear(60, 10, "259:1 7")}, false};
  tables_[mapped(1)] = {{linear(0, 100, "259:0 1000"), linear(100, 100, "253:2 5")}, false};
  tables_[mapped(2)] = {{linear(0, 300, "259:1 2000")}, false};
  const Stack found = stack();
  EXPECT_THAT(found.segments,
              ElementsAre(Segment{0, 20, nvme_a, 1080}, Segment{20, 40, nvme_b, 2005}, Segment{60, 10, nvme_b, 7}));
  EXPECT_EQ(found.tables.size(), 3U);
  EXPECT_EQ(asked_, 3);
}

TEST_F(DeviceMapperStack, WhatIsNotLinear) {
  tables_[mapped(0)] = {{linear(0, 100, "259:0 0"), {100, 100, "crypt", "aes 0 259:0 100"}}, false};
  EXPECT_EQ(refusal(), "the device mapper table is not all linear: target 'crypt'");
  tables_[mapped(0)] = {{linear(0, 100, "253:1 0")}, false};
  tables_[mapped(1)] = {{{0, 100, "flakey", "259:0 0 5 5"}}, false};
  EXPECT_EQ(refusal(), "the device mapper table is not all linear: target 'flakey'");
  tables_[mapped(1)] = {{linear(0, 50, "259:0 0"), {50, 500, "error", ""}}, false};
  EXPECT_EQ(refusal(), "the device mapper table is not all linear: target 'error'");
}

TEST_F(DeviceMapperStack, ATargetThatIsNotReachedDoesNotMatter) {
  tables_[mapped(0)] = {{linear(0, 50, "253:1 0")}, false};
  tables_[mapped(1)] = {{linear(0, 50, "259:0 0"), {50, 500, "error", ""}}, false};
  EXPECT_THAT(stack().segments, ElementsAre(Segment{0, 50, nvme_a, 0}));
}

TEST_F(DeviceMapperStack, Suspended) {
  tables_[mapped(0)] = {{linear(0, 100, "253:1 0")}, false};
  tables_[mapped(1)] = {{linear(0, 100, "259:0 0")}, true};
  EXPECT_EQ(refusal(), "the device mapper's device 253:1 is suspended");
}

TEST_F(DeviceMapperStack, WhatCannotBeFollowed) {
  tables_[mapped(0)] = {};
  EXPECT_THAT(refusal(), HasSubstr("shorter"));
  tables_[mapped(0)] = {{linear(0, 100, "253:0 0")}, false};
  EXPECT_THAT(refusal(), HasSubstr("deep"));
  tables_[mapped(0)] = {{linear(0, 100, "253:1 50")}, false};
  tables_[mapped(1)] = {{linear(0, 100, "259:0 0")}, false};
  EXPECT_THAT(refusal(), HasSubstr("253:1 is shorter"));
  for (const char* parameters : {"", "259", "259:0", "259:0 ", "259:0 x", "/dev/sda 0", "259:0 0 5", ":0 0", "259:-1 0",
                                 "259:0 99999999999999999999"}) {
    tables_[mapped(0)] = {{linear(0, 100, parameters)}, false};
    EXPECT_THAT(refusal(), HasSubstr("that reads '")) << parameters;
  }
  tables_.clear();
  EXPECT_EQ(resolve(mapped(0), questions()).error().code(), ENXIO);
}

TEST_F(DeviceMapperStack, ChangesAreSeenAtEveryDepth) {
  tables_[mapped(0)] = {{linear(0, 100, "253:1 0")}, false};
  tables_[mapped(1)] = {{linear(0, 100, "259:0 0")}, false};
  const Stack before = stack();
  EXPECT_EQ(compare(before, questions()).change, Change::none);
  tables_[mapped(1)].suspended = true;
  EXPECT_EQ(compare(before, questions()).change, Change::suspended);
  EXPECT_EQ(compare(before, questions()).what, "the device mapper's device 253:1 is suspended");
  tables_[mapped(1)] = {{linear(0, 100, "259:0 8")}, true};
  EXPECT_EQ(compare(before, questions()).change, Change::other) << "a change counts more";
  tables_.erase(mapped(1));
  EXPECT_EQ(compare(before, questions()).change, Change::other);
}

}  // namespace
}  // namespace zonecopy::dm
