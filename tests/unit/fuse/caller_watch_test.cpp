// What /proc/PID/status tells of a caller that is being killed.
#include "zonefs/fuse/caller_watch.h"

#include <gtest/gtest.h>

namespace zonecopy::zonefs {
namespace {

TEST(CallerWatch, PendingKill) {
  const struct {
    const char* status;
    bool dying;
  } cases[] = {
      {"Name:\tcat\nSigQ:\t0/1\nSigPnd:\t0000000000000100\nShdPnd:\t0000000000000000\n", true},
      {"Name:\tcat\nSigPnd:\t0000000000004100\n", true},
      {"Name:\tcat\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000100\n", false},
      {"Name:\tcat\nSigPnd:\t0000000000004000\nSigBlk:\t0000000000000100\n", false},
      {"Name:\tSigPnd:\t0000000000000100\n", false},
      {"", false},
  };
  for (const auto& [status, dying] : cases) EXPECT_EQ(shows_pending_kill(status), dying) << status;
}

}  // namespace
}  // namespace zonecopy::zonefs
