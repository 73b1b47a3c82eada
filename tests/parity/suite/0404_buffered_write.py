#!/usr/bin/env python3
"""Sequential files take no buffered writes."""
from zonefs import *

fs = fresh()
with opened(fs.seq(0), O_RDWR) as fd:
    row("at the end", "EIO", os.pwrite, fd, pattern(4096), 0)
    row("behind the end", "EIO", os.pwrite, fd, pattern(4096), 8192)
    row("one byte", "EIO", os.pwrite, fd, b"x", 0)
    row("at the capacity", "EFBIG", os.pwrite, fd, pattern(4096), CAP)
    row("vectors", "EIO", os.pwritev, fd, [pattern(4096), pattern(4096)], 0)
    row("no length", "EIO", os.pwrite, fd, b"", 0)
    row("size", 0, lambda: os.fstat(fd).st_size)
    fcntl.fcntl(fd, fcntl.F_SETFL, O_DIRECT)
    row("after fcntl to O_DIRECT", 4096, os.pwrite, fd, aligned(4096), 0)
    fcntl.fcntl(fd, fcntl.F_SETFL, 0)
    row("and back", "EIO", os.pwrite, fd, pattern(4096), 4096)
row("size at the end", 4096, size, fs.seq(0))
row("the mount stays writable", "opened", opens, fs.seq(1), O_WRONLY)
