#include "src/gather/what_landed.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace zonecopy::gather {
namespace {

TEST(WhatLanded, NothingOfAWriteThatWasRefused) {
  for (const int code : {EIO, ENOSPC, EDQUOT, ENOMEM}) EXPECT_TRUE(may_have_written(code)) << code;
  for (const int code : {0, EINVAL, EFBIG, EXDEV, EBADF, EPERM, EROFS, EACCES, EOPNOTSUPP, ENOSYS, EINTR}) {
    EXPECT_FALSE(may_have_written(code)) << code;
  }
}

TEST(WhatLanded, WhatIsTheSameFromTheStartOn) {
  const auto common = [](const std::string& there, const std::string& wanted) {
    return common_bytes(std::as_bytes(std::span(there)), std::as_bytes(std::span(wanted)));
  };
  EXPECT_EQ(common("abcd", "abcd"), 4U);
  EXPECT_EQ(common("abXd", "abcd"), 2U);
  EXPECT_EQ(common("Xbcd", "abcd"), 0U);
  EXPECT_EQ(common("ab", "abcd"), 2U);
  EXPECT_EQ(common("abcdef", "abcd"), 4U);
  EXPECT_EQ(common("", "abcd"), 0U);
}

}  // namespace
}  // namespace zonecopy::gather
