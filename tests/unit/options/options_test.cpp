// Mount options: what is understood, what is passed on, what is dropped, and how the rest is refused.
#include "zonefs/options/options.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

namespace zonecopy::zonefs {
namespace {

MountOptions parsed(const std::string& text) {
  MountOptions options;
  const Status status = parse_options(text, options);
  EXPECT_TRUE(status.ok()) << text << ": " << (status ? "" : status.error().to_string());
  return options;
}

std::string refusal(const std::string& text) {
  MountOptions options;
  const Status status = parse_options(text, options);
  if (status) return "accepted";
  EXPECT_EQ(status.error().code(), EINVAL) << text;
  return status.error().detail();
}

TEST(Options, Defaults) {
  for (const char* const text : {"", ",", "defaults", "rw", ",,defaults,"}) {
    const MountOptions options = parsed(text);
    EXPECT_EQ(options.errors, ErrorsPolicy::remount_ro);
    EXPECT_FALSE(options.explicit_open || options.strict || options.read_only);
    EXPECT_EQ(options.copy.mode, CopyMode::automatic);
    EXPECT_EQ(options.copy_max_bytes, 0U);
    EXPECT_TRUE(options.passed_on.empty());
  }
}

TEST(Options, EachOfOurs) {
  EXPECT_EQ(parsed("errors=remount-ro").errors, ErrorsPolicy::remount_ro);
  EXPECT_EQ(parsed("errors=zone-ro").errors, ErrorsPolicy::zone_ro);
  EXPECT_EQ(parsed("errors=zone-offline").errors, ErrorsPolicy::zone_offline);
  EXPECT_EQ(parsed("errors=repair").errors, ErrorsPolicy::repair);
  EXPECT_TRUE(parsed("explicit-open").explicit_open);
  EXPECT_TRUE(parsed("strict").strict);
  EXPECT_TRUE(parsed("ro").read_only);
  EXPECT_EQ(parsed("copy=auto").copy.mode, CopyMode::automatic);
  EXPECT_EQ(parsed("copy=offload").copy.mode, CopyMode::offload);
  EXPECT_EQ(parsed("copy=emulate").copy.mode, CopyMode::emulate);
  EXPECT_EQ(parsed("copy_max_ranges=7").copy.user_limits.max_ranges, 7U);
  EXPECT_EQ(parsed("copy_max_bytes=1234").copy_max_bytes, 1234U);
  EXPECT_EQ(parsed("copy_max_bytes=64K").copy_max_bytes, 65536U);
  EXPECT_EQ(parsed("copy_max_bytes=2M").copy_max_bytes, 2U << 20);
  EXPECT_EQ(parsed("copy_max_bytes=1GiB").copy_max_bytes, 1U << 30);
  EXPECT_EQ(parsed("copy_depth=1").copy.read_ahead_depth, 1U);
  EXPECT_EQ(parsed("copy_depth=64").copy.read_ahead_depth, 64U);
}

TEST(Options, TheLastOneWins) {
  EXPECT_EQ(parsed("errors=repair,errors=zone-ro").errors, ErrorsPolicy::zone_ro);
  EXPECT_FALSE(parsed("ro,rw").read_only);
  EXPECT_TRUE(parsed("rw,ro").read_only);
  EXPECT_EQ(parsed("copy_max_ranges=7,copy_max_ranges=0").copy.user_limits.max_ranges, 0U);
  EXPECT_EQ(parsed("noatime,nodev,atime,noatime").passed_on, (std::vector<std::string>{"nodev", "atime", "noatime"}));
}

TEST(Options, PassedOnInTheirOrder) {
  const std::vector<std::string> each = {"nosuid", "nodev", "noexec",     "noatime",    "relatime",
                                         "atime",  "suid",  "nodiratime", "dev",        "exec",
                                         "sync",   "async", "dirsync",    "allow_other"};
  std::string text = "ro";
  for (const std::string& option : each) text += "," + option;
  EXPECT_EQ(parsed(text).passed_on, each);
  EXPECT_EQ(parsed("context=system_u:object_r:x_t:s0,ro").passed_on,
            (std::vector<std::string>{"context=system_u:object_r:x_t:s0"}));
  const MountOptions quoted = parsed("context=\"u:r:t:s0:c1,c2\",strict");
  EXPECT_EQ(quoted.passed_on, (std::vector<std::string>{"context=\"u:r:t:s0:c1,c2\""}));
  EXPECT_TRUE(quoted.strict);
}

TEST(Options, LogIsAPathThatStays) {
  const MountOptions options = parsed("log=\"/a,b.log\",ro");
  EXPECT_EQ(options.log_file, "/a,b.log");
  EXPECT_EQ(parsed(format_options(options)).log_file, "/a,b.log");
  EXPECT_EQ(parsed("log=/x").log_file, "/x");
  EXPECT_EQ(refusal("log="), "log= takes the path of a file");
  EXPECT_TRUE(parse_remount("errors=repair", options));
  EXPECT_TRUE(parse_remount("log=\"/a,b.log\"", options));
  EXPECT_FALSE(parse_remount("log=/c", options));
}

TEST(Options, AutoUnmountIsRefused) {
  EXPECT_TRUE(refusal("ro,auto_unmount").starts_with("auto_unmount is not offered"));
}

TEST(Options, TheSystemsOwnAreDropped) {
  const MountOptions options = parsed(
      "defaults,auto,noauto,user,users,nouser,owner,group,nofail,_netdev,_rnetdev,x-systemd.automount,"
      "x-gvfs-show,X-mount.mkdir=0755,comment=hello,uhelper=udisks2,helper=x,user=alice,loop,remount,"
      "nousers,noowner,nogroup,loop=/dev/loop0");
  EXPECT_TRUE(options.passed_on.empty());
}

/// Each option of mount(8), FILESYSTEM-INDEPENDENT MOUNT OPTIONS, and what becomes of it.
TEST(Options, EachOfThoseThatMountListsForAllFileSystems) {
  const std::vector<std::string> passed_on = {
      "async",          "atime",     "noatime",     "dev",           "nodev",         "diratime",
      "nodiratime",     "dirsync",   "exec",        "noexec",        "relatime",      "norelatime",
      "suid",           "nosuid",    "strictatime", "nostrictatime", "lazytime",      "nolazytime",
      "sync",           "symfollow", "nosymfollow", "context=a:b",   "fscontext=a:b", "defcontext=a:b",
      "rootcontext=a:b"};
  const std::vector<std::string> ignored = {"auto",
                                            "noauto",
                                            "defaults",
                                            "group",
                                            "nogroup",
                                            "iversion",
                                            "noiversion",
                                            "mand",
                                            "nomand",
                                            "_netdev",
                                            "nofail",
                                            "silent",
                                            "loud",
                                            "owner",
                                            "noowner",
                                            "user",
                                            "user=alice",
                                            "nouser",
                                            "users",
                                            "nousers",
                                            "remount",
                                            "X-mount.mkdir",
                                            "X-mount.mkdir=0700",
                                            "X-mount.subdir=seq",
                                            "X-a",
                                            "x-a.b=c",
                                            "comment=words",
                                            "nonempty"};
  for (const std::string& option : passed_on) {
    EXPECT_EQ(parsed(option).passed_on, std::vector<std::string>{option});
    EXPECT_FALSE(is_ignored(option)) << option;
  }
  for (const std::string& option : ignored) {
    EXPECT_TRUE(is_ignored(option)) << option;
    EXPECT_EQ(format_options(parsed(option)), format_options(MountOptions())) << option;
  }
  EXPECT_TRUE(parsed("ro").read_only);
  EXPECT_FALSE(parsed("rw").read_only);
  EXPECT_FALSE(is_ignored("ro") || is_ignored("rw") || is_ignored("strict") || is_ignored("nonempty=1"));
}

TEST(Options, RefusedWithOneClearDetail) {
  EXPECT_EQ(refusal("foo"), "unknown mount option 'foo'");
  EXPECT_EQ(refusal("foo=bar"), "unknown mount option 'foo=bar'");
  EXPECT_EQ(refusal("ro,,Strict"), "unknown mount option 'Strict'");
  EXPECT_EQ(refusal("explicit_open"), "unknown mount option 'explicit_open'");
  EXPECT_EQ(refusal("=x"), "unknown mount option '=x'");
  EXPECT_EQ(refusal("nodev=1"), "unknown mount option 'nodev=1'");
  EXPECT_EQ(refusal("comment"), "unknown mount option 'comment'");
  EXPECT_EQ(refusal("context"), "unknown mount option 'context'");
  EXPECT_EQ(refusal(" ro"), "unknown mount option ' ro'");
  EXPECT_EQ(refusal("users=alice"), "unknown mount option 'users=alice'");
  EXPECT_EQ(refusal("userland"), "unknown mount option 'userland'");
  EXPECT_EQ(refusal("offset=512"), "unknown mount option 'offset=512'") << "it would change what is mounted";
  EXPECT_EQ(refusal("bind"), "unknown mount option 'bind'");
  EXPECT_EQ(refusal("ro,log=\"/x,errors=never"), "accepted") << "a quote that is not closed goes to the end";
  EXPECT_EQ(refusal("errors=x"), "errors= takes remount-ro, zone-ro, zone-offline or repair, not 'x'");
  EXPECT_EQ(refusal("errors=panic"), "errors= takes remount-ro, zone-ro, zone-offline or repair, not 'panic'");
  EXPECT_EQ(refusal("errors="), "errors= takes remount-ro, zone-ro, zone-offline or repair, not ''");
  EXPECT_EQ(refusal("errors"), "mount option 'errors' takes a value, as in errors=…");
  EXPECT_EQ(refusal("strict=1"), "mount option 'strict' takes no value");
  EXPECT_EQ(refusal("tail=keep"), "tail= takes refuse or pad, not 'keep'");
  EXPECT_EQ(refusal("copy=fast"), "copy= takes auto, offload or emulate, not 'fast'");
  EXPECT_EQ(refusal("copy_depth=0"), "copy_depth= takes a number from 1 to 64, not '0'");
  EXPECT_EQ(refusal("copy_depth=65"), "copy_depth= takes a number from 1 to 64, not '65'");
  EXPECT_EQ(refusal("copy_depth=4x"), "copy_depth= takes a number from 1 to 64, not '4x'");
  EXPECT_EQ(refusal("copy_max_ranges=-1"), "copy_max_ranges= takes a number, 0 for the device's own limit, not '-1'");
  EXPECT_EQ(refusal("copy_max_ranges=4294967296"),
            "copy_max_ranges= takes a number, 0 for the device's own limit, not '4294967296'");
  EXPECT_EQ(refusal("copy_max_bytes=4Gib"),
            "copy_max_bytes= takes a size: '4Gib' is no size: write it as bytes or with "
            "KiB, MiB, GiB or TiB, as in 4GiB");
}

TEST(Options, NothingOfARefusedListCounts) {
  MountOptions options;
  EXPECT_FALSE(parse_options("ro,strict,errors=repair,nodev,foo", options));
  EXPECT_FALSE(options.read_only || options.strict);
  EXPECT_EQ(options.errors, ErrorsPolicy::remount_ro);
  EXPECT_TRUE(options.passed_on.empty());
}

TEST(Options, AddToWhatIsThere) {
  MountOptions options = parsed("strict,copy_depth=9,nodev");
  ASSERT_TRUE(parse_options("errors=repair,noexec", options));
  EXPECT_TRUE(options.strict);
  EXPECT_EQ(options.copy.read_ahead_depth, 9U);
  EXPECT_EQ(options.passed_on, (std::vector<std::string>{"nodev", "noexec"}));
}

TEST(Options, MaxBytesBecomesBlocks) {
  const auto blocks = [](const std::string& text, std::uint32_t block_size_bytes) {
    return copy_options_for(parsed(text), block_size_bytes).user_limits.max_total_blocks;
  };
  EXPECT_EQ(blocks("", 4096), 0U);
  EXPECT_EQ(blocks("copy_max_bytes=1M", 4096), 256U);
  EXPECT_EQ(blocks("copy_max_bytes=1M", 512), 2048U);
  EXPECT_EQ(blocks("copy_max_bytes=8191", 4096), 1U);
  EXPECT_EQ(blocks("copy_max_bytes=1", 4096), 1U) << "never 0, which would lift the limit";
  EXPECT_EQ(blocks("copy_max_bytes=16777215T", 512), 0xffffffffU);
  EXPECT_EQ(copy_options_for(parsed("copy_max_ranges=3,copy_max_bytes=1M"), 4096).user_limits.max_ranges, 3U);
}

TEST(Options, FormattedOnesReadBack) {
  EXPECT_EQ(format_options(parsed("")), "rw,errors=remount-ro,tail=refuse,copy=auto,copy_depth=4");
  EXPECT_EQ(format_options(parsed("tail=pad")), "rw,errors=remount-ro,tail=pad,copy=auto,copy_depth=4");
  const std::string full =
      "ro,errors=zone-offline,explicit-open,strict,copy=offload,copy_max_ranges=7,"
      "copy_max_bytes=64KiB,copy_depth=9,nodev,context=\"a,b\"";
  EXPECT_EQ(format_options(parsed(full)), full);
}

TEST(Remount, ErrorsAndExplicitOpenAreAsGivenOrBack) {
  const MountOptions current = parsed("ro,errors=repair,explicit-open,noatime");
  const Result<MountOptions> bare = parse_remount("remount", current);
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->errors, ErrorsPolicy::remount_ro);
  EXPECT_FALSE(bare->explicit_open);
  EXPECT_FALSE(bare->read_only);
  EXPECT_TRUE(bare->passed_on.empty());
  const Result<MountOptions> given = parse_remount("remount,ro,errors=zone-ro,explicit-open,nodev", current);
  ASSERT_TRUE(given);
  EXPECT_EQ(given->errors, ErrorsPolicy::zone_ro);
  EXPECT_TRUE(given->explicit_open);
  EXPECT_TRUE(given->read_only);
  EXPECT_EQ(given->passed_on, (std::vector<std::string>{"nodev"}));
}

TEST(Remount, TailStaysOrChanges) {
  const MountOptions current = parsed("tail=pad");
  EXPECT_EQ(parse_remount("rw", current)->tail, TailPolicy::pad);
  EXPECT_EQ(parse_remount("tail=refuse", current)->tail, TailPolicy::refuse);
}

TEST(Remount, CopyStaysOrChanges) {
  const MountOptions current = parsed("copy=offload,copy_max_ranges=5,copy_max_bytes=1M,copy_depth=9");
  const Result<MountOptions> bare = parse_remount("rw", current);
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->copy.mode, CopyMode::offload);
  EXPECT_EQ(bare->copy.user_limits.max_ranges, 5U);
  EXPECT_EQ(bare->copy_max_bytes, 1U << 20);
  EXPECT_EQ(bare->copy.read_ahead_depth, 9U);
  const Result<MountOptions> given = parse_remount("copy=emulate,copy_max_bytes=0", current);
  ASSERT_TRUE(given);
  EXPECT_EQ(given->copy.mode, CopyMode::emulate);
  EXPECT_EQ(given->copy_max_bytes, 0U);
}

TEST(Remount, StrictCannotChange) {
  const Result<MountOptions> kept = parse_remount("errors=repair", parsed("strict"));
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->strict);
  const Result<MountOptions> repeated = parse_remount("strict", parsed("strict"));
  ASSERT_TRUE(repeated);
  EXPECT_TRUE(repeated->strict);
  const Result<MountOptions> added = parse_remount("strict", parsed(""));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code(), EINVAL);
  EXPECT_EQ(added.error().detail(), "strict cannot be changed by a remount: unmount first");
  EXPECT_FALSE(parse_remount("foo", parsed("")));
}

}  // namespace
}  // namespace zonecopy::zonefs
