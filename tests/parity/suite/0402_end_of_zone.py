#!/usr/bin/env python3
"""The capacity: writes that run past it are short, writes at it too big; a full zone stays readable."""
from zonefs import *

fs = fresh()
data = pattern(CAP)
with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
    row("up to two blocks before the end", True, lambda: write_direct(fs.seq(0), data[:CAP - 8192]) == CAP - 8192)
    row("across the end", 8192, os.pwrite, fd, aligned(data[CAP - 8192:] + pattern(8192)), CAP - 8192)
    row("at the end", "EFBIG", os.pwrite, fd, aligned(4096), CAP)
    row("before the end of a full file", "EINVAL", os.pwrite, fd, aligned(4096), CAP - 4096)
row("size", CAP, size, fs.seq(0))
row("contents", True, lambda: content(fs.seq(0)) == data)
row("the zone", "full", lambda: device.seq_zone(0).condition, wait=True)
with opened(fs.seq(1), O_WRONLY | O_DIRECT) as fd:
    os.pwrite(fd, aligned(4096), 0)
    row("clipped to a whole number of blocks, though odd before", CAP - 4096,
        lambda: sum(iter(lambda: os.pwrite(fd, aligned(min(1 << 20, CAP) + 256 if os.fstat(fd).st_size + (1 << 20) >= CAP else 1 << 20),
                                           os.fstat(fd).st_size) if os.fstat(fd).st_size < CAP else 0, 0)))
row("size of the other", CAP, size, fs.seq(1))
