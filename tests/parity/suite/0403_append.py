#!/usr/bin/env python3
"""O_APPEND and RWF_APPEND write at the end, wherever they are told to."""
from zonefs import *

RWF_APPEND = 0x10
fs = fresh()
with opened(fs.seq(0), O_WRONLY | O_DIRECT | O_APPEND) as fd:
    row("write", 8192, os.write, fd, aligned(8192, 1))
    row("pwrite at 0", 4096, os.pwrite, fd, aligned(4096, 2), 0)
    row("pwrite behind the end", 4096, os.pwrite, fd, aligned(4096, 3), 65536)
    row("odd length", "EINVAL", os.write, fd, aligned(256))
    with opened(fs.seq(0), O_WRONLY | O_DIRECT | O_APPEND) as other:
        row("two descriptors by turns", (4096, 4096, 4096),
            lambda: (os.write(fd, aligned(4096, 4)), os.write(other, aligned(4096, 5)), os.write(fd, aligned(4096, 6))))
row("contents", True, lambda: content(fs.seq(0)) == pattern(8192, 1) + b"".join(pattern(4096, n) for n in range(2, 7)))
with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
    row("RWF_APPEND", 4096, os.pwritev, fd, [aligned(4096, 7)], 0, RWF_APPEND)
    row("size after RWF_APPEND", 32768, lambda: os.fstat(fd).st_size)
    os.ftruncate(fd, CAP)
with opened(fs.seq(0), O_WRONLY | O_DIRECT | O_APPEND) as fd:
    row("to a full file", "EFBIG", os.write, fd, aligned(4096))
with opened(fs.seq(1), O_WRONLY | O_DIRECT | O_APPEND) as fd:
    row("pwrite at the capacity", "EFBIG", os.pwrite, fd, aligned(4096), CAP)
with opened(fs.seq(1), O_WRONLY | O_APPEND) as fd:
    row("without O_DIRECT", "EIO", os.write, fd, pattern(4096))
