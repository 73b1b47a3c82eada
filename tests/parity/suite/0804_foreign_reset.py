#!/usr/bin/env python3
"""Somebody else has reset or finished the zone of a file."""
from zonefs import *

need(seq=5)
fs = fresh("errors=repair")
write_direct(fs.seq(0), pattern(8192))
device.command(device.RESET, device.first_seq)
with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
    row("reset, repair: the write", "EIO", os.pwrite, fd, aligned(4096), 8192)
    row("reset, repair: size", 0, size, fs.seq(0))
    row("reset, repair: the next write", 4096, os.pwrite, fd, aligned(4096, 2), 0)
write_direct(fs.seq(1), pattern(8192))
device.command(device.FINISH, device.first_seq + 1)
with opened(fs.seq(1), O_WRONLY | O_DIRECT) as fd:
    row("finished, repair: the write", "EIO", os.pwrite, fd, aligned(4096), 8192)
    row("finished, repair: size", CAP, size, fs.seq(1))
    row("finished, repair: counted", (1, 1), fs.accounting, wait=True)
fs.remount("rw,errors=zone-ro")
write_direct(fs.seq(2), pattern(8192))
device.command(device.RESET, device.first_seq + 2)
row("reset, zone-ro: the write", "EIO", write_direct, fs.seq(2), pattern(4096))
row("reset, zone-ro: size", 8192, size, fs.seq(2))
fs.remount("rw,errors=remount-ro")
write_direct(fs.seq(3), pattern(8192))
device.command(device.RESET, device.first_seq + 3)
row("reset, remount-ro: the write", "EIO", write_direct, fs.seq(3), pattern(4096))
row("reset, remount-ro: size", 0, size, fs.seq(3))
row("reset, remount-ro: another file", "EROFS", opens, fs.seq(4), O_WRONLY)
