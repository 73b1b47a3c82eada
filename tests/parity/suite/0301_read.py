#!/usr/bin/env python3
"""Reads end at the size of the file, buffered and direct; direct ones are of whole blocks."""
from zonefs import *

fs = fresh()
data = pattern(16384)
write_direct(fs.seq(0), data)


def direct(length, offset):
    """Length and rightness of a direct read."""
    got = read_direct(fd, length, offset)
    return len(got), got == data[offset:offset + len(got)]


with opened(fs.seq(0), O_RDONLY) as fd:
    row("buffered: all", True, lambda: os.pread(fd, 1 << 20, 0) == data)
    row("buffered: odd bytes", True, lambda: os.pread(fd, 5000, 333) == data[333:5333])
    row("buffered: across the end", True, lambda: os.pread(fd, 8192, 12345) == data[12345:])
    row("buffered: at the end", b"", os.pread, fd, 4096, 16384)
    row("buffered: behind the end", b"", os.pread, fd, 4096, 65536)
    row("buffered: behind the capacity", b"", os.pread, fd, 4096, CAP + 4096)
with opened(fs.seq(0), O_RDONLY | O_DIRECT) as fd:
    row("direct: all", (16384, True), direct, 16384, 0)
    row("direct: from the middle", (4096, True), direct, 4096, 8192)
    row("direct: across the end", (8192, True), direct, 65536, 8192)
    row("direct: at the end", (0, True), direct, 4096, 16384)
    row("direct: behind the end", (0, True), direct, 4096, 65536)
    row("direct: behind the capacity", (0, True), direct, 4096, CAP + 4096)
    row("direct: odd offset", "EINVAL", direct, 4096, 256)
    row("direct: odd length", "EINVAL", direct, 256, 0)
    row("direct: odd length across the end", (4096, True), direct, 5000, 12288)
    row("direct: odd offset behind the end", (0, True), direct, 4096, 16384 + 256)
with opened(fs.seq(1), O_RDONLY) as fd:
    row("an empty file", b"", os.pread, fd, 4096, 0)
with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
    row("read what is open for writing", "EBADF", os.pread, fd, 4096, 0)
with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
    row("read and write: direct", (16384, True), direct, 16384, 0)
with opened(fs.seq(0), O_RDWR) as fd:
    row("read and write: buffered", True, lambda: os.pread(fd, 1 << 20, 0) == data)
