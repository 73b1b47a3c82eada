#!/usr/bin/env python3
"""Asynchronous writes (io_submit): at the end, several in flight, away from the end, across the capacity."""
from zonefs import *

need(seq=3)
fs = fresh()


def submitted(aio, *arguments):
    """The result of a write that may be refused at once or later."""
    return aio_result(aio.write_now(*arguments))


with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
    aio = Aio()
    row("at the end", 8192, submitted, aio, fd, aligned(8192, 1), 0)
    numbers = [aio.write(fd, aligned(4096, 2 + n), 8192 + 4096 * n) for n in range(8)]
    row("eight in flight", {number: 4096 for number in numbers}, lambda: dict(sorted(aio.wait(8).items())))
    row("behind the end", "EINVAL", submitted, aio, fd, aligned(4096), 65536)
    row("before the end", "EINVAL", submitted, aio, fd, aligned(4096), 0)
    row("odd length", "EINVAL", submitted, aio, fd, aligned(256), 40960)
    row("at the capacity", "EFBIG", submitted, aio, fd, aligned(4096), CAP)
row("contents", True, lambda: content(fs.seq(0)) == pattern(8192, 1) + b"".join(pattern(4096, 2 + n) for n in range(8)))
write_direct(fs.seq(1), pattern(CAP - 8192))
with opened(fs.seq(1), O_WRONLY | O_DIRECT) as fd:
    row("across the capacity", 8192, submitted, Aio(), fd, aligned(16384), CAP - 8192)
row("size after that", CAP, size, fs.seq(1))
with opened(fs.seq(2), O_WRONLY) as fd:
    row("without O_DIRECT", "EIO", submitted, Aio(), fd, aligned(4096), 0)
with opened(fs.seq(2), O_WRONLY | O_DIRECT | O_APPEND) as fd:
    row("O_APPEND", 4096, submitted, Aio(), fd, aligned(4096), 65536)
