// What a notified call asks for.
#include "tools/supervise/calls.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#include "tests/unit/supervise/seccomp_call.h"

namespace zonecopy::supervise {
namespace {

TEST(Calls, clones) {
  for (const CallNumbers& numbers : known_call_numbers()) {
    const auto clone = call_of(call(numbers.architecture, numbers.ioctl, {7, FICLONE, 8}));
    ASSERT_TRUE(clone && std::holds_alternative<CloneCall>(*clone));
    EXPECT_EQ(std::get<CloneCall>(*clone).destination_fd, 7);
    EXPECT_EQ(std::get<CloneCall>(*clone).source_fd, 8);
    const auto range = call_of(call(numbers.architecture, numbers.ioctl, {0xffffffff, FICLONERANGE, 0x7fff12345678}));
    ASSERT_TRUE(range && std::holds_alternative<CloneRangeCall>(*range));
    EXPECT_EQ(std::get<CloneRangeCall>(*range).destination_fd, -1);
    EXPECT_EQ(std::get<CloneRangeCall>(*range).range_address, 0x7fff12345678U);
    EXPECT_FALSE(call_of(call(numbers.architecture, numbers.ioctl, {7, FICLONE + 1, 8})));
  }
}

TEST(Calls, opens) {
  for (const CallNumbers& numbers : known_call_numbers()) {
    const auto opened = [&](std::uint32_t number, std::initializer_list<std::uint64_t> arguments) {
      const auto known = call_of(call(numbers.architecture, number, arguments));
      return known ? std::get<OpenCall>(*known) : OpenCall();
    };
    // A descriptor is 32 bits of its register, whatever stands in the others.
    const OpenCall at = opened(numbers.openat, {0xffffff9c, 0x1000, O_WRONLY | O_TRUNC, 0644});
    EXPECT_EQ(at.directory_fd, AT_FDCWD);
    EXPECT_EQ(at.path_address, 0x1000U);
    EXPECT_EQ(at.flags, static_cast<std::uint64_t>(O_WRONLY | O_TRUNC));
    EXPECT_EQ(at.how_address, 0U);
    const OpenCall at2 = opened(numbers.openat2, {5, 0x1000, 0x2000, 24});
    EXPECT_EQ(at2.directory_fd, 5);
    EXPECT_EQ(at2.how_address, 0x2000U);
    EXPECT_EQ(at2.how_bytes, 24U);
    if (numbers.open == CallNumbers::none) continue;
    EXPECT_EQ(opened(numbers.open, {0x1000, O_RDWR | O_TRUNC}).directory_fd, AT_FDCWD);
    EXPECT_EQ(opened(numbers.open, {0x1000, O_RDWR | O_TRUNC}).flags, static_cast<std::uint64_t>(O_RDWR | O_TRUNC));
    EXPECT_EQ(opened(numbers.creat, {0x1000, 0644}).flags, static_cast<std::uint64_t>(O_CREAT | O_WRONLY | O_TRUNC));
  }
}

TEST(Calls, anything_else_is_none_of_them) {
  const CallNumbers& numbers = known_call_numbers().front();
  EXPECT_FALSE(call_of(call(numbers.architecture, 0, {7, FICLONE, 8})));
  EXPECT_FALSE(call_of(call(numbers.architecture, CallNumbers::none, {7, FICLONE, 8})));
  CallNumbers unknown = numbers;
  unknown.architecture = 1;
  EXPECT_FALSE(call_of(call(unknown.architecture, numbers.ioctl, {7, FICLONE, 8})));
}

}  // namespace
}  // namespace zonecopy::supervise
