#!/usr/bin/env python3
"""A zone that goes offline, or is reset by somebody, shows when it is read."""
from zonefs import *

need(faults=True, seq=3)
fs = fresh("errors=repair")
write_direct(fs.seq(0), pattern(8192))
device.break_seq(0, "offline")
with opened(fs.seq(0), O_RDONLY | O_DIRECT) as fd:
    row("offline: a direct read", "EIO", read_direct, fd, 8192, 0)
    row("offline: the next", "EPERM", read_direct, fd, 8192, 0)
row("offline: size", 0, size, fs.seq(0))
row("offline: mode", "0o0", mode, fs.seq(0))
write_direct(fs.seq(1), pattern(8192))
drop_caches()
device.break_seq(1, "read-only")
row("read-only: a read", True, lambda: content(fs.seq(1)) == pattern(8192))
row("read-only: mode after a read", "0o640", mode, fs.seq(1))
fs.unmount()
device.heal()
