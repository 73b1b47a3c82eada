// Lines of /proc/self/mountinfo, and the flags in them.
#include "zonefs/host/mount_table.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "zonefs/host/fuse_mount.h"
#include "zonefs/host/remount.h"
#include "zonefs/options/mount_flags.h"
#include "zonefs/options/option_list.h"

namespace zonecopy::zonefs {
namespace {

constexpr const char* table_text =
    "22 28 0:20 / /proc rw,nosuid - proc proc rw\n"
    "36 22 0:41 / /mnt/a\\040b rw,nosuid shared:1 - fuse.zonecopyfs /data/my\\040disk\\134.img rw,user_id=0\n"
    "37 22 0:42 / /mnt/c rw master:2 propagate_from:3 - fuse.zonecopyfs /dev/nvme0n2 ro,user_id=0\n"
    "no line of the table\n"
    "38 22 x:42 / /mnt/d rw - ext4 /dev/sda1 rw\n"
    "39 22 0:41 /seq /mnt/bind rw - fuse.zonecopyfs /data/my\\040disk\\134.img rw\n"
    "40 22 8:1 / /mnt/c ro - ext4 /dev/sda1 rw\n";

TEST(MountTable, LinesBecomeEntries) {
  const std::vector<MountEntry> table = parse_mount_table(table_text);
  ASSERT_EQ(table.size(), 5U);
  EXPECT_EQ(table[1].mount_point, "/mnt/a b");
  EXPECT_EQ(table[1].source, "/data/my disk\\.img");
  EXPECT_EQ(table[1].device_number, makedev(0, 41));
  EXPECT_EQ(table[1].root, "/");
  EXPECT_TRUE(table[1].is_zonecopyfs());
  EXPECT_EQ(table[1].flags & MS_RDONLY, 0U);
  EXPECT_NE(table[2].flags & MS_RDONLY, 0U) << "by the file system's options";
  EXPECT_NE(table[4].flags & MS_RDONLY, 0U) << "by the mount's options";
  EXPECT_FALSE(table[4].is_zonecopyfs());
}

TEST(MountTable, Finds) {
  const std::vector<MountEntry> table = parse_mount_table(table_text);
  ASSERT_NE(find_mount_at(table, "/mnt/c"), nullptr);
  EXPECT_EQ(find_mount_at(table, "/mnt/c")->type, "ext4") << "the topmost one";
  EXPECT_EQ(find_mount_at(table, "/mnt"), nullptr);
  EXPECT_NE(find_mount_of(table, "/data/my disk\\.img"), nullptr);
  EXPECT_EQ(find_mount_of(table, "/data/other.img"), nullptr);
}

TEST(MountTable, NamesAreAsTheyWere) {
  const auto name = [](const std::string& escaped) {
    const std::vector<MountEntry> table =
        parse_mount_table("36 22 0:41 / " + escaped + " rw - fuse.zonecopyfs " + escaped + " rw\n");
    if (table.size() != 1) return std::string("no entry");
    EXPECT_EQ(table[0].source, table[0].mount_point);
    return table[0].mount_point;
  };
  EXPECT_EQ(name("/plain"), "/plain");
  EXPECT_EQ(name("/\\011\\012\\040\\134\\043"), "/\t\n \\#");
  EXPECT_EQ(name("/end\\04"), "/end\\04");
  EXPECT_EQ(name("/\\089"), "/\\089") << "no octal digits";
  EXPECT_EQ(name("/\\303\\244"), "/\xc3\xa4");
  EXPECT_EQ(name("/x\\040(deleted)"), "/x (deleted)") << "a name as any other";
  EXPECT_EQ(name("LABEL=x"), "LABEL=x") << "not what has that label";
}

TEST(MountTable, OfThisProcess) {
  const Result<std::vector<MountEntry>> table = read_mount_table();
  ASSERT_TRUE(table);
  EXPECT_NE(find_mount_at(*table, "/"), nullptr);
}

TEST(MountTable, FlagsOfMountAndFileSystem) {
  const auto flags = [](const std::string& of_mount, const std::string& of_file_system) {
    const std::vector<MountEntry> table =
        parse_mount_table("36 22 0:41 / /mnt " + of_mount + " - fuse.zonecopyfs x " + of_file_system + "\n");
    return table.empty() ? ~0UL : table[0].flags;
  };
  EXPECT_EQ(flags("rw,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow", "rw,sync,dirsync,lazytime,user_id=0"),
            MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | 256UL | MS_SYNCHRONOUS | MS_DIRSYNC |
                MS_LAZYTIME);
  EXPECT_EQ(flags("rw,relatime", "rw"), MS_RELATIME);
  EXPECT_EQ(flags("rw", "rw"), MS_STRICTATIME);
  EXPECT_EQ(flags("rw,relatime", "ro"), MS_RDONLY | MS_RELATIME);
  EXPECT_EQ(flags("ro,relatime", "rw"), MS_RDONLY | MS_RELATIME);
}

TEST(MountFlags, BecomeAttributesAndFileSystemFlags) {
  const unsigned long flags = apply_mount_flags(split_options("ro,sync,nosymfollow,strictatime"), MS_NOSUID | MS_NODEV);
  EXPECT_EQ(mount_attributes(flags),
            MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_STRICTATIME | 0x200000U);
  std::string names;
  for (const char* name : file_system_flags(flags)) names += std::string(name) + " ";
  EXPECT_EQ(names, "ro sync ");
  EXPECT_TRUE(is_mount_flag("dirsync"));
  EXPECT_FALSE(is_mount_flag("strict"));
}

TEST(MountFlags, OfAccessTimesThereIsOne) {
  const auto flags = [](const std::string& options, unsigned long before) {
    return apply_mount_flags(split_options(options), before);
  };
  EXPECT_EQ(flags("strictatime", MS_RELATIME), MS_STRICTATIME);
  EXPECT_EQ(flags("noatime,relatime", 0), MS_RELATIME);
  EXPECT_EQ(flags("atime", MS_NOATIME), MS_RELATIME) << "the kernel's default";
  EXPECT_EQ(flags("nostrictatime", MS_STRICTATIME), MS_RELATIME);
  EXPECT_EQ(flags("norelatime", MS_NOATIME), MS_NOATIME);
  EXPECT_EQ(flags("nodev", 0), MS_NODEV) << "nothing of access times";
}

TEST(MountFlags, AreThoseOfAMount) {
  for (const char* option : {"bind", "remount", "shared", "mand", "iversion", "silent", "defaults", "ro=1", ""}) {
    EXPECT_FALSE(is_mount_flag(option)) << option;
  }
}

TEST(FusermountOptions, AreEscapedAndKnownToIt) {
  EXPECT_EQ(fusermount_options("/a,b\\c", split_options("allow_root,relatime,ro,default_permissions,context=\"a,b\"")),
            "fsname=/a\\,b\\\\c,subtype=zonecopyfs,default_permissions,allow_other,ro,context=\"a\\,b\"");
}

TEST(Remount, SortsItsOptions) {
  const std::vector<std::string> options =
      split_options("rw,nosuid,remount,user_id=0,group_id=0,default_permissions,allow_other,errors=repair");
  const RemountRequest request = sort_remount_options(options, MS_RDONLY | MS_NODEV);
  EXPECT_EQ(request.flags, MS_NOSUID | MS_NODEV) << "what is not named stays";
  EXPECT_EQ(join_options(request.options), "rw,nosuid,errors=repair");
  EXPECT_EQ(sort_remount_options(split_options("ro,noatime"), MS_RELATIME).flags, MS_RDONLY | MS_NOATIME);
}

}  // namespace
}  // namespace zonecopy::zonefs
