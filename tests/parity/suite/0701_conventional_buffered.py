#!/usr/bin/env python3
"""Buffered writes to conventional files: of any bytes, anywhere, up to the end."""
from zonefs import *

need(conventional=2)
fs = fresh()
SIZE = device.zone_size
with opened(fs.cnv(0), O_RDWR) as fd:
    os.pwrite(fd, bytes(65536), 0)
    row("a page", 4096, os.pwrite, fd, pattern(4096), 8192)
    row("three bytes", 3, os.pwrite, fd, b"abc", 5000)
    row("across blocks", 10000, os.pwrite, fd, pattern(10000, 2), 12345)
    row("backwards", 100, os.pwrite, fd, pattern(100, 3), 10)
    row("across the end", 100, os.pwrite, fd, pattern(300, 4), SIZE - 100)
    row("at the end", "EFBIG", os.pwrite, fd, b"x", SIZE)
    row("no length, at the end", "EFBIG", os.pwrite, fd, b"", SIZE)
    row("no length", 0, os.pwrite, fd, b"", 0)
    row("fsync", "done", done, os.fsync, fd)
    row("size", SIZE, lambda: os.fstat(fd).st_size)
expected = bytearray(65536)
for data, at in ((pattern(4096), 8192), (b"abc", 5000), (pattern(10000, 2), 12345), (pattern(100, 3), 10)):
    expected[at:at + len(data)] = data
drop_caches()
with opened(fs.cnv(0), O_RDONLY) as fd:
    row("contents", True, lambda: os.pread(fd, 65536, 0) == expected)
    row("contents of the end", True, lambda: os.pread(fd, 65536, SIZE - 100) == pattern(300, 4)[:100])
with opened(device.path, O_RDONLY | O_DIRECT) as fd:
    row("contents on the device", True, lambda: read_direct(fd, 65536, device.zone_size) == expected)
with opened(fs.cnv(1), O_RDWR | O_APPEND) as fd:
    row("O_APPEND", "EINVAL", os.pwrite, fd, b"x", 0)
fs.unmount()
fs = mount()
row("contents after a new mount", True, lambda: content(fs.cnv(0))[:65536] == expected)
