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

TEST(Error, OfARefusalSaysAndKnowsWhy) {
  const Error error = Error(ZoneRefusal::too_many_open, "write").at_zone(3);
  EXPECT_EQ(error.code(), ETOOMANYREFS);
  EXPECT_EQ(error.zone_refusal(), ZoneRefusal::too_many_open);
  EXPECT_EQ(error.copy_side(), std::nullopt);
  EXPECT_EQ(error.to_string(), "write, zone 3: Too many references: cannot splice: too many open zones");
}

TEST(Error, OnlyShortagesPassByThemselves) {
  for (const ZoneRefusal refusal :
       {ZoneRefusal::boundary, ZoneRefusal::full, ZoneRefusal::read_only, ZoneRefusal::offline,
        ZoneRefusal::invalid_write, ZoneRefusal::invalid_transition}) {
    EXPECT_FALSE(is_shortage(refusal)) << to_string(refusal);
  }
  EXPECT_TRUE(is_shortage(ZoneRefusal::too_many_open));
  EXPECT_TRUE(is_shortage(ZoneRefusal::too_many_active));
}

TEST(Error, TextOfADetailThatSaysAll) {
  EXPECT_EQ(Error(EBUSY, "format", "disk is in use").text(), "format: Device or resource busy: disk is in use");
  EXPECT_EQ(Error(EBUSY, "format", "disk\nis in use").detail_says_all().text(), "disk\\x0ais in use");
}

TEST(Error, OtherCharactersStay) {
  EXPECT_EQ(one_line("gr\xc3\xbc\xc3\x9f \\ \"x\""), "gr\xc3\xbc\xc3\x9f \\ \"x\"");
  EXPECT_EQ(one_line(""), "");
}

}  // namespace
}  // namespace zonecopy
