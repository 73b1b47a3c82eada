#!/usr/bin/env python3
"""Zones that are read-only or offline when the device is mounted."""
from zonefs import *

need(faults=True, seq=4)
device.format()
device.foreign_write(0, pattern(8192))
device.foreign_write(1, pattern(8192))
device.break_seq(0, "read-only")
device.break_seq(1, "offline")
fs = mount()
for what, number in (("read-only", 0), ("offline", 1)):
    path = fs.seq(number)
    row(f"{what}: size", 0, size, path)
    row(f"{what}: mode", "0o0", mode, path)
    row(f"{what}: open for reading", "opened", opens, path, O_RDONLY)
    row(f"{what}: read", "EPERM", content, path)
    row(f"{what}: open for writing", "EPERM", opens, path, O_WRONLY)
    row(f"{what}: open with access mode 3", "EPERM", opens, path, 3)
    row(f"{what}: truncate", "EPERM", os.truncate, path, 0)
    row(f"{what}: chmod", "EPERM", os.chmod, path, 0o666)
    row(f"{what}: chown", "EPERM", os.chown, path, 1, 1)
    row(f"{what}: utimes", "EPERM", os.utime, path, (1, 1))
    row(f"{what}: access(2) by root", False, os.access, path, os.W_OK)
    with opened(path, O_RDONLY) as fd:
        row(f"{what}: fsync", "EPERM", os.fsync, fd)
row("the mount is writable", 4096, write_direct, fs.seq(2), pattern(4096))
row("counted", (0, 1), fs.accounting, wait=True)
fs.unmount()
device.heal()
