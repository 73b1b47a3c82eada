// What /proc/PID/status tells of a caller that is being killed.
#include "zonefs/core/caller.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <string>

namespace zonecopy::zonefs {
namespace {

TEST(Caller, AThreadThatIsNotKilled) {
  EXPECT_FALSE(is_dying(getpid()));
  EXPECT_FALSE(is_dying(0));
  EXPECT_FALSE(is_dying(-1));
}

TEST(Caller, TheSignalsAreFoundBehindManyGroups) {
  std::string status = "Name:\tcat\nGroups:\t";
  for (int group = 0; group < 65536; ++group) status += std::to_string(4'000'000'000U) + ' ';
  EXPECT_TRUE(shows_pending_kill(status + "\nSigPnd:\t0000000000000100\n"));
}

TEST(Caller, PendingKill) {
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
