#!/usr/bin/env python3
"""A zone that goes bad between two writes, under each errors= policy."""
from zonefs import *

need(faults=True, seq=9)


def after(path, fd, name):
    """What has become of the file and of the mount."""
    row(f"{name}: size", {"read-only": 8192, "offline": 0}[condition] if policy != "zone-offline" else 0, size, path)
    gone = condition == "offline" or policy == "zone-offline"
    row(f"{name}: mode", "0o0" if gone else "0o440", mode, path)
    row(f"{name}: read", "EPERM" if gone else True, lambda: content(path) == pattern(8192))
    row(f"{name}: write by the descriptor", "EPERM", os.pwrite, fd, aligned(4096), 8192)
    row(f"{name}: truncate by the descriptor", "EPERM", os.ftruncate, fd, 0)
    row(f"{name}: fallocate by the descriptor", "EPERM", fallocate, fd)
    row(f"{name}: open for writing", "EROFS" if policy == "remount-ro" else "EPERM", opens, path, O_WRONLY)
    row(f"{name}: truncate", "EROFS" if policy == "remount-ro" else "EPERM", os.truncate, path, 0)
    row(f"{name}: another file", "EROFS" if policy == "remount-ro" else "opened", opens, fs.seq(8), O_WRONLY)


fs = fresh("errors=zone-ro")
row("a mount of many tests", True, lambda: len(os.listdir(fs / "seq")) == device.seq_files)
number = 0
for policy in ("zone-ro", "zone-offline", "repair", "remount-ro"):
    for condition in ("read-only", "offline"):
        fs.remount(f"rw,errors={policy}")
        victim = fs.seq(number)
        write_direct(victim, pattern(8192))
        name = f"errors={policy}, {condition} zone"
        with opened(victim, O_RDWR | O_DIRECT) as writer:
            device.break_seq(number, condition)
            row(f"{name}: the write", "EIO", os.pwrite, writer, aligned(4096), 8192)
            after(victim, writer, name)
        number += 1
row("the mount table says ro", True, fs.read_only_in_mount_table, wait=True)
fs.unmount()
device.heal()
