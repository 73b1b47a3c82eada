#!/usr/bin/env python3
"""Direct I/O of conventional files: whole blocks anywhere, beside buffered I/O."""
from zonefs import *

need(conventional=1)
RWF_APPEND = 0x10
fs = fresh()
SIZE = device.zone_size
with opened(fs.cnv(0), O_RDWR | O_DIRECT) as fd, opened(fs.cnv(0), O_RDWR) as buffered:
    row("write", 8192, os.pwrite, fd, aligned(8192), 16384)
    row("backwards", 4096, os.pwrite, fd, aligned(4096, 2), 4096)
    row("again", 4096, os.pwrite, fd, aligned(4096, 3), 4096)
    row("buffered reads see it", True, lambda: os.pread(buffered, 4096, 4096) == pattern(4096, 3))
    os.pwrite(buffered, b"abc", 4096)
    row("direct reads see buffered writes", b"abc", lambda: read_direct(fd, 4096, 4096)[:3])
    os.pwrite(fd, aligned(4096, 4), 4096)
    row("buffered reads see direct writes", True, lambda: os.pread(buffered, 4096, 4096) == pattern(4096, 4))
    row("odd length", "EINVAL", os.pwrite, fd, aligned(256), 0)
    row("odd offset", "EINVAL", os.pwrite, fd, aligned(4096), 256)
    row("across the end", 4096, os.pwrite, fd, aligned(8192), SIZE - 4096)
    row("odd length across the end", 4096, os.pwrite, fd, aligned(4096 + 256), SIZE - 4096)
    row("at the end", "EFBIG", os.pwrite, fd, aligned(4096), SIZE)
    row("read at the end", b"", read_direct, fd, 4096, SIZE)
    row("read across the end", 4096, lambda: len(read_direct(fd, 8192, SIZE - 4096)))
    row("read of an odd length", "EINVAL", read_direct, fd, 256, 0)
    row("asynchronous write", 4096, lambda: aio_result(Aio().write_now(fd, aligned(4096, 5), 65536)))
    row("asynchronous write across the end", 4096, lambda: aio_result(Aio().write_now(fd, aligned(8192), SIZE - 4096)))
    row("RWF_APPEND", "EINVAL", os.pwritev, fd, [aligned(4096)], 0, RWF_APPEND)
with opened(fs.cnv(0), O_WRONLY | O_DIRECT | O_APPEND) as fd:
    row("O_APPEND", "EINVAL", os.write, fd, aligned(4096))
row("size", SIZE, size, fs.cnv(0))
