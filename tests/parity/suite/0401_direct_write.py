#!/usr/bin/env python3
"""Direct writes go to the end of a sequential file, in whole blocks, and nowhere else."""
from zonefs import *

fs = fresh()
with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
    row("at the end", 8192, os.pwrite, fd, aligned(8192), 0)
    row("at the end, again", 8192, os.pwrite, fd, aligned(8192, 2), 8192)
    row("before the end", "EINVAL", os.pwrite, fd, aligned(8192), 0)
    row("within the last write", "EINVAL", os.pwrite, fd, aligned(4096), 12288)
    row("behind the end", "EINVAL", os.pwrite, fd, aligned(4096), 20480)
    row("behind the capacity", "EFBIG", os.pwrite, fd, aligned(4096), CAP + 4096)
    row("odd length", "EINVAL", os.pwrite, fd, aligned(256), 16384)
    row("odd length, more than a block", "EINVAL", os.pwrite, fd, aligned(4096 + 256), 16384)
    row("odd offset", "EINVAL", os.pwrite, fd, aligned(4096), 16384 + 256)
    row("no length", 0, os.pwrite, fd, b"", 16384)
    row("no length, behind the capacity", "EFBIG", os.pwrite, fd, b"", CAP)
    row("negative offset", "EINVAL", os.pwrite, fd, aligned(4096), -4096)
    row("one block", BLOCK, os.pwrite, fd, aligned(BLOCK, 3), 16384)
    row("size by descriptor", 16384 + BLOCK, lambda: os.fstat(fd).st_size)
with opened(fs.seq(0), O_RDONLY) as fd:
    row("write what is open for reading", "EBADF", os.pwrite, fd, aligned(4096), 0)
row("contents", True, lambda: content(fs.seq(0)) == pattern(8192) + pattern(8192, 2) + pattern(BLOCK, 3))
with opened(fs.seq(1), O_WRONLY | O_DIRECT) as fd:
    row("write(2) follows its own position", (4096, 4096), lambda: (os.write(fd, aligned(4096)), os.write(fd, aligned(4096))))
row("size after two of them", 8192, size, fs.seq(1))
