#!/usr/bin/env python3
"""Vectors count as a whole; memory that is not as direct I/O wants it."""
from zonefs import *

need(seq=3)
fs = fresh("errors=repair")


def unaligned(offset):
    """A block in memory that is not aligned."""
    memory = mmap.mmap(-1, 3 * 4096)
    memory[offset:offset + 4096] = pattern(4096)
    return memoryview(memory)[offset:offset + 4096]


def from_nowhere():
    return zctest._checked(libc.pwrite(fd, ctypes.c_void_p(4096), ctypes.c_size_t(4096), ctypes.c_long(os.fstat(fd).st_size)))


with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
    row("three segments", 16384, os.pwritev, fd, [aligned(4096, 1), aligned(8192, 2), aligned(4096, 3)], 0)
    row("segments of an odd total", "EINVAL", os.pwritev, fd, [aligned(4096), aligned(256)], 16384)
    row("many segments", 65536, os.pwritev, fd, [aligned(4096, 4)] * 16, 16384)
row("contents", True, lambda: content(fs.seq(0)) == pattern(4096, 1) + pattern(8192, 2) + pattern(4096, 3) + pattern(4096, 4) * 16)
with opened(fs.seq(1), O_WRONLY | O_DIRECT) as fd:
    row("memory aligned to 512", 4096, os.pwrite, fd, unaligned(512), 0)
    row("memory that is not there", "EFAULT", from_nowhere)
    row("size after that", 4096, lambda: os.fstat(fd).st_size)
    row("memory aligned to 3", "EINVAL", os.pwrite, fd, unaligned(3), 4096)
    row("the file stays writable", 4096, lambda: os.pwrite(fd, aligned(4096), os.fstat(fd).st_size))
