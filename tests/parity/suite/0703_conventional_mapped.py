#!/usr/bin/env python3
"""Shared writable mappings of conventional files."""
from zonefs import *

need(conventional=1)
fs = fresh()
with opened(fs.cnv(0), O_RDWR) as fd:
    os.pwrite(fd, bytes(32768), 0)
    with mmap.mmap(fd, 32768) as memory:
        row("read by the mapping", True, lambda: memory[:] == bytes(32768))
        memory[100:110] = b"0123456789"
        memory[20000:30000] = pattern(10000)
        row("msync", None, memory.flush)
        os.pwrite(fd, b"xyz", 200)
        row("a write is seen by the mapping", b"xyz", lambda: memory[200:203])
    os.fsync(fd)
expected = bytearray(32768)
expected[100:110], expected[20000:30000], expected[200:203] = b"0123456789", pattern(10000), b"xyz"
drop_caches()
row("contents", True, lambda: content(fs.cnv(0))[:32768] == expected)
with opened(fs.cnv(0), O_RDONLY | O_DIRECT) as fd:
    row("contents, direct", True, lambda: read_direct(fd, 32768, 0) == expected)
