#!/usr/bin/env python3
"""Truncation and explicit opening of a zone that has gone bad unseen."""
from zonefs import *

need(faults=True, seq=4)
fs = fresh("errors=zone-ro")
for number in range(2):
    write_direct(fs.seq(number), pattern(8192))
    device.break_seq(number, ("read-only", "offline")[number])
for number, what in enumerate(("read-only", "offline")):
    row(f"{what}: truncate to 0", "EIO", os.truncate, fs.seq(number), 0)
    row(f"{what}: truncate to the capacity", "EIO", os.truncate, fs.seq(number), CAP)
    row(f"{what}: size", 8192, size, fs.seq(number))
    row(f"{what}: mode", "0o640", mode, fs.seq(number))
row("the mount stays writable", 4096, write_direct, fs.seq(2), pattern(4096))
fs.unmount()
device.heal()
if device.max_open:
    fs = fresh("explicit-open,errors=zone-ro")
    device.break_seq(0, "offline")
    row("explicit-open: open", "EIO", opens, fs.seq(0), O_WRONLY)
    row("explicit-open: counted", (0, 0), fs.accounting)
    fd = os.open(fs.seq(1), O_WRONLY | O_DIRECT)
    os.pwrite(fd, aligned(4096), 0)
    device.break_seq(1, "offline")
    row("explicit-open: close", "done", done, os.close, fd)
    row("explicit-open: mode after the close", "0o0", mode, fs.seq(1), wait=True)
    row("explicit-open: size after the close", 0, size, fs.seq(1))
    row("explicit-open: another file", "opened", opens, fs.seq(2), O_WRONLY)
    fs.unmount()
    device.heal()
