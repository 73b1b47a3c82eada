// Errors as a person reads them: one line, whatever names hold.
#include <gtest/gtest.h>

#include "zonecopy/result.h"

namespace zonecopy {
namespace {

TEST(Error, IsOneLine) {
  Error error(ENOENT, "open", "what\nnow");
  error.on_device("/a\nb\033[31m\177").at_zone(3);
  EXPECT_EQ(error.to_string(), "open on /a\\x0ab\\x1b[31m\\x7f, zone 3: No such file or directory: what\\x0anow");
}

TEST(Error, OtherCharactersStay) {
  EXPECT_EQ(one_line("gr\xc3\xbc\xc3\x9f \\ \"x\""), "gr\xc3\xbc\xc3\x9f \\ \"x\"");
  EXPECT_EQ(one_line(""), "");
}

}  // namespace
}  // namespace zonecopy
