#!/usr/bin/env python3
"""General mount options: all of them reach the kernel, and stay when an error, a remount or `umount -r` makes it read-only."""
from zctest import *

FLAGS = ("nosuid", "nodev", "noexec", "noatime", "nodiratime", "nosymfollow", "sync", "dirsync", "lazytime")
umount = os.path.join(TMP, "umount.zonecopyfs")
os.symlink(program("mount.zonecopyfs"), umount)


def options_of(fs):
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        mine = [line for line in file if line.split()[4] == fs.path][-1]
    before, after = mine.split(" - ")
    return set(before.split()[5].split(",")) | set(after.split()[2].split(","))


def flags_are(fs, wanted, what):
    have = options_of(fs)
    equal([flag for flag in (*FLAGS, "relatime") if flag in have], [flag for flag in (*FLAGS, "relatime") if flag in wanted], what)


for wanted in (FLAGS, ("relatime", "suid", "dev", "dirsync"), ("strictatime", "sync"), ("nosymfollow", "dev")):
    # nosuid and nodev are there unless suid and dev are asked for, as with every FUSE mount.
    shown = set(wanted) | {f"no{word}" for word in ("suid", "dev") if word not in wanted} | ({"relatime"} if not {"noatime", "strictatime", "relatime"} & set(wanted) else set())
    image = Image(zones=4)
    fs = image.mount(",".join(wanted))
    flags_are(fs, shown, "mounted")
    image.set_seq(0, "offline")
    refused("EIO", write_direct, fs.seq(0), pattern(4096))
    eventually(lambda: "ro" in options_of(fs), True, what="read-only after an error")
    flags_are(fs, shown, "after an error")
    equal(run("mount.zonecopyfs", image.path, fs.path, "-o", "remount,rw").status, 0)
    check("ro" not in options_of(fs), f"after remount,rw: {options_of(fs)}")
    flags_are(fs, shown, "after remount,rw")
    with opened(fs.seq(1), O_RDONLY):
        one_line(run(umount, "-r", fs.path), 32, "read-only instead")
        check("ro" in options_of(fs), f"after umount -r: {options_of(fs)}")
        flags_are(fs, shown, "after umount -r")
    equal(run(umount, fs.path).status, 0)
    fs.wait_for_end()

# What a flag says is what the kernel does.
fs = Image().mount("noexec,nosuid,nodev,ro")
refused("EROFS", write_direct, fs.seq(0), pattern(4096))
fs.unmount()

# No option is taken that works at times only.
image = Image()
point = os.path.join(TMP, "refused")
os.mkdir(point)
one_line(run("zonecopyfs", image.path, point, "-o", "auto_unmount"), 1, "auto_unmount is not offered")
check(not os.path.ismount(point), "mounted all the same")
