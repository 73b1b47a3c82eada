#!/usr/bin/env python3
"""Conventional files have their size for good."""
from zonefs import *

need(conventional=1)
fs = fresh()
for what, length in (("to 0", 0), ("to half", device.zone_size // 2), ("to its size", device.zone_size)):
    row(what, "EPERM", os.truncate, fs.cnv(0), length)
row("to more", "EFBIG", os.truncate, fs.cnv(0), 1 << 40)
with opened(fs.cnv(0), O_RDWR) as fd:
    row("by descriptor", "EPERM", os.ftruncate, fd, 0)
    row("seek behind the end", "EINVAL", os.lseek, fd, device.zone_size + 1, os.SEEK_SET)
    row("fallocate", "EOPNOTSUPP", fallocate, fd)


def swaps(path):
    """Whether a file can be swap space; mkswap(8) is not needed to see whether the kernel would look into it."""
    must("mkswap", path)
    zctest._checked(libc.swapon(os.fsencode(path), 0))
    zctest._checked(libc.swapoff(os.fsencode(path)))
    return "yes"


row("swap space", "yes", swaps, fs.cnv(0))
