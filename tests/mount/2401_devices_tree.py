#!/usr/bin/env python3
"""Several devices in one mount: a folder each, by label, by order or by names=; inodes that are unique and stay."""
from zctest import *

first = Image(conventional=3)
second = Image(zones=6, zone_size=8 * MIB, capacity=6 * MIB, mkfs=("-L", "hot"))
third = Image(zones=5, block=512, conventional=5, mkfs=("-o", "aggr_cnv"))
fs = Mount([first, second, third])
equal(os.listdir(fs.path), ["0", "hot", "2"], "the order is that of the devices")
equal(os.getxattr(fs.path, "user.zonecopy.devices"), b"0:hot:2")
equal(sorted(os.listdir(fs / "0")), ["cnv", "seq"])
equal(sorted(os.listdir(fs / "hot/seq"), key=int), [str(number) for number in range(5)])
equal(os.listdir(fs / "2/cnv"), ["0"], "features are of each super block")
equal(os.stat(fs / "hot/seq/0").st_blocks * 512, 6 * MIB)
equal(os.stat(fs / "2/cnv/0").st_size, 16 * MIB)


def inodes(fs):
    found = {}
    for folder, folders, files in os.walk(fs.path):
        for name in (".", *folders, *files):
            path = os.path.normpath(os.path.join(folder, name))
            facts = os.stat(path)
            equal(found.get(facts.st_ino, path), path, f"inode {facts.st_ino}")
            equal(facts.st_dev, os.stat(fs.path).st_dev, path)
            found[facts.st_ino] = path
        listed = {entry.name: entry.inode() for entry in os.scandir(folder)}
        equal(listed, {name: os.stat(os.path.join(folder, name)).st_ino for name in listed}, f"d_ino in {folder}")
    return {path: number for number, path in found.items()}


before = inodes(fs)
# What is known of zones: file I of a device is its zone I, in the low 40 bits.
equal(before[fs / "hot/seq/2"] & (1 << 40) - 1, 3)
# Dots lead up and down.
equal(os.stat(fs / "hot/seq/../..").st_ino, before[fs.path])
equal(os.stat(fs / "hot/..").st_ino, os.stat(fs.path).st_ino)
whole = os.statvfs(fs.path)
equal(whole.f_bsize, 512, "the smallest block")
equal(whole.f_blocks * whole.f_frsize, 11 * 4 * MIB + 5 * 6 * MIB + 4 * 4 * MIB)
equal(whole.f_files, 11 + 2 + 5 + 1 + 1 + 1 + 3, "files and folders")
write_direct(fs.device("hot").seq(0), pattern(MIB))
equal((whole.f_bfree - os.statvfs(fs / "2").f_bfree) * 512, MIB, "what is free of the whole")

# What no zone file system has, it has not here either.
for name in ("3", "seq", "1", "x" * 64):
    refused("ENOENT", os.stat, fs / name)
refused("ENAMETOOLONG", os.stat, fs / ("x" * 65))
refused("ENOENT", os.mkdir, fs / "new")
refused("EPERM", os.rmdir, fs / "0")
refused("EPERM", os.rename, fs / "0", fs / "hot")
refused("EPERM", os.chmod, fs.path, 0o777)
os.chmod(fs.path, 0o500)
equal(os.stat(fs.path).st_mode & 0o7777, 0o500)
os.chown(fs / "hot", 65534, -1)
equal((os.stat(fs / "hot").st_uid, os.stat(fs / "0").st_uid), (65534, 0), "a folder for itself")
refused("ENODATA", os.getxattr, fs.path, "user.zonecopy.device")
refused("EOPNOTSUPP", os.getxattr, fs / "hot/seq", "user.zonecopy.device")
equal(os.listxattr(fs / "hot"), [])

fs = fs.again()
equal(inodes(fs), before, "stable")
fs = fs.again("names=old:new and fast:odd")
equal(os.listdir(fs.path), ["old", "new and fast", "odd"])
equal(content(fs / "new and fast/seq/0"), pattern(MIB))
equal(sorted(inodes(fs).values()), sorted(before.values()), "names are no part of them")
fs.unmount()

# One device: the tree of zonefs, as ever.
fs = second.mount()
equal(os.listdir(fs.path), ["seq"])
refused("ENODATA", os.getxattr, fs.path, "user.zonecopy.devices")
equal(fs.counter("name"), "")
