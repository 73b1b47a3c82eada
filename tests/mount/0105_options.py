#!/usr/bin/env python3
"""Options: zonefs' own, those of mount(8), the system's; of two equal ones the last wins."""
from zctest import *

image = Image()
for options in ("defaults", "rw", "defaults,noauto,nofail,_netdev,user,x-systemd.automount,x-a=b,comment=hello",
                "nosuid,nodev,noexec", "noatime", "relatime", "strictatime", "nodiratime", "suid,dev,exec,async",
                "errors=remount-ro", "errors=zone-ro", "errors=zone-offline", "errors=repair", "explicit-open", "strict",
                "copy=auto", "copy=offload", "copy=emulate", "errors=zone-ro,errors=repair,copy=offload,copy=auto", ","):
    fs = image.mount(options)
    equal(len(os.listdir(fs / "seq")), 11, options)
    fs.unmount()

fs = image.mount("nosuid,nodev,noexec,noatime")
with open("/proc/self/mounts", encoding="utf-8") as file:
    device, _, kind, words = next(line.split()[:4] for line in file if line.split()[1] == fs.path)
equal((device, kind), (image.path, "fuse.zonecopyfs"), "device and type in /proc/mounts")
for word in ("rw", "nosuid", "nodev", "noexec", "noatime"):
    check(word in words.split(","), f"expected {word} in {words}")
fs.unmount()

# The last errors= is the one in force.
fs = image.mount("errors=zone-offline,errors=repair")
image.set_seq(0, "offline")
refused("EIO", write_direct, fs.seq(0), bytes(4096))
equal(write_direct(fs.seq(1), bytes(4096)), 4096, "errors=repair leaves the others alone")
fs.unmount()

# Several -o add up, and they may come before the operands.
point = os.path.join(TMP, "point")
os.mkdir(point)
must("zonecopyfs", "-o", "noatime", image.path, point, "-o", "ro")
refused("EROFS", os.open, os.path.join(point, "seq/1"), O_WRONLY)
must("umount", point)
