#!/usr/bin/env python3
"""Each option that mount(8) lists for all file systems, and nonempty: by zonecopyfs -o, mount -t and fstab, as root and as a user."""
from zctest import *

need_program("fusermount3")
need_program("setpriv")
in_own_mount_namespace()

# An option, and the words of /proc/self/mountinfo that it makes; with "-" in front, that it takes away.
FLAGS = {
    "ro": "ro", "rw": "rw", "nosuid": "nosuid", "suid": "-nosuid", "nodev": "nodev", "dev": "-nodev", "noexec": "noexec",
    "exec": "-noexec", "sync": "sync", "async": "-sync", "dirsync": "dirsync", "noatime": "noatime", "atime": "relatime",
    "relatime": "relatime", "norelatime": "", "strictatime": "-relatime", "nostrictatime": "relatime",
    "nodiratime": "nodiratime", "diratime": "-nodiratime", "nosymfollow": "nosymfollow", "symfollow": "-nosymfollow",
    "lazytime": "lazytime", "nolazytime": "-lazytime",
}
IGNORED = ("defaults", "auto", "noauto", "user", "nouser", "users", "owner", "group", "_netdev", "nofail", "silent", "loud",
           "mand", "nomand", "iversion", "noiversion", "comment=words", "x-systemd.automount", "X-a=b", "nonempty")
# mount(8) tells its helpers nothing of these, as they are its defaults (they are not those of FUSE), and fusermount3 lets
# them be for users.
UNSAFE = {"suid": "nosuid", "dev": "nodev"}
# fusermount3 has no word for these.
UNKNOWN_TO_FUSERMOUNT = ("relatime", "strictatime", "nostrictatime", "nodiratime", "diratime", "nosymfollow", "symfollow",
                         "lazytime", "nolazytime")

USER = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
home = os.path.join(TMP, "home")
point = os.path.join(home, "mnt")
image = Image(directory=TMP, mkfs=("-o", "uid=65534,gid=65534"))
os.makedirs(point)
file = os.path.join(point, "file")  # "nonempty" is told to let that be
with open(file, "w", encoding="ascii"):
    pass
for path in (home, point, image.path):
    os.chown(path, 65534, 65534)
os.chmod("/dev/fuse", 0o666)  # as udev makes it

helpers_in_sbin()
fstab = file_with("fstab", b"")
os.chmod(fstab, 0o644)
must("mount", "--bind", fstab, "/etc/fstab")


def words_at_point():
    """The options of the mount and of its file system."""
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        mine = [line for line in lines if line.split()[4] == point]
    if not mine:
        return None
    before, after = mine[-1].split(" - ")
    return set(before.split()[5].split(",")) | set(after.split()[2].split(","))


def looked_at(what, expected, *umount):
    """A mount is there, has the words that are expected, and goes."""
    words = words_at_point()
    if not check(words is not None, f"{what}: nothing is mounted"):
        return
    for word in expected.split():
        check(word in words if word[0] != "-" else word[1:] not in words, f"{what}: {word} in {sorted(words)}")
    succeeds(*umount, point)
    equal(words_at_point(), None, f"{what}: unmounted")


def in_fstab(options):
    with open(fstab, "w", encoding="ascii") as text:
        text.write(f"{image.path} {point} zonecopyfs {options} 0 0\n")


for option in (*FLAGS, *IGNORED):
    expected = FLAGS.get(option, "rw nosuid nodev relatime")
    succeeds("zonecopyfs", image.path, point, "-o", option)
    looked_at(f"zonecopyfs -o {option}", expected, "umount")
    expected = UNSAFE.get(option, expected)
    succeeds("mount", "-t", "zonecopyfs", image.path, point, "-o", option)
    looked_at(f"mount -t -o {option}", expected, "umount")
    in_fstab(f"{option},errors=repair")
    succeeds("mount", point)
    # As an administrator does, and scripts at shutdown; mount(8) adds what fstab has.
    if option in IGNORED:
        succeeds("mount", "-o", "remount,ro", point)
        succeeds("mount", "-o", "remount,ro", point)
        expected = "ro"
    looked_at(f"{option} in fstab", expected, "umount")

for option in (*FLAGS, *IGNORED):
    expected = "" if option in UNKNOWN_TO_FUSERMOUNT else UNSAFE.get(option, FLAGS.get(option, "rw nosuid nodev"))
    ended = run(*USER, "zonecopyfs", image.path, point, "-o", option)
    if check(ended.status == 0, f"-o {option} as a user: {ended}"):
        looked_at(f"-o {option} as a user", expected, *USER, "fusermount3", "-u")
    if option in ("nouser", "owner", "group", "defaults"):
        continue  # in fstab they say which users may mount
    in_fstab(f"user,{option}")
    ended = run(*USER, "mount", point)
    if check(ended.status == 0, f"user,{option} in fstab: {ended}"):
        looked_at(f"user,{option} in fstab", expected, *USER, "fusermount3", "-u")

# What only mount(8) acts on.
new = os.path.join(TMP, "new")
succeeds("mount", "-t", "zonecopyfs", image.path, new, "-o", "X-mount.mkdir")
equal(len(os.listdir(f"{new}/seq")), 11)
succeeds("umount", new)
