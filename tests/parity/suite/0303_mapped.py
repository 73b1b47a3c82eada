#!/usr/bin/env python3
"""Mappings of sequential files: for reading only."""
from zonefs import *

fs = fresh()
data = pattern(8192)
write_direct(fs.seq(0), data)


def mapped(flags, prot):
    with mmap.mmap(fd, 8192, flags=flags, prot=prot) as memory:
        return memory[:] == data


for what, flags in (("a reader", O_RDONLY), ("a writer", O_RDWR)):
    with opened(fs.seq(0), flags) as fd:
        row(f"{what}: shared, to read", True if flags == O_RDONLY else "EINVAL", mapped, mmap.MAP_SHARED, mmap.PROT_READ)
        row(f"{what}: shared, to write", "EACCES" if flags == O_RDONLY else "EINVAL",
            mapped, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        row(f"{what}: private, to read", True, mapped, mmap.MAP_PRIVATE, mmap.PROT_READ)
        row(f"{what}: private, to write", True, mapped, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
with opened(fs.seq(0), O_RDONLY) as fd, mmap.mmap(fd, 8192, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ) as memory:
    before = memory[:]
    os.truncate(fs.seq(0), 0)
    write_direct(fs.seq(0), pattern(8192, 2))
    row("a mapping sees what is written after a reset", True, lambda: (before, memory[:]) == (data, pattern(8192, 2)))
