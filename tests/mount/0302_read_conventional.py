#!/usr/bin/env python3
"""read(2) on conventional files: all of the zone is there, direct reads in whole blocks."""
from zctest import *

fs = Image(conventional=3).mount()
data = pattern(MIB)
with opened(fs.cnv(0), O_RDWR | O_DIRECT) as fd:
    equal(os.pwrite(fd, aligned(data), 8192), MIB)
    same_bytes(read_direct(fd, MIB, 8192), data, "direct")
    for offset, length in ((1, 4096), (0, 100), (512, 4096)):
        refused("EINVAL", read_direct, fd, length, offset)
    equal(read_direct(fd, 4096, 4 * MIB), b"")
    equal(len(read_direct(fd, 8192, 4 * MIB - 4096)), 4096, "cut at the end")
same_bytes(content(fs.cnv(0)), bytes(8192) + data + bytes(3 * MIB - 8192), "whole file")
same_bytes(content(fs.cnv(1)), bytes(4 * MIB), "untouched file")
with opened(fs.cnv(0), O_RDONLY) as fd:
    equal(os.pread(fd, 10, 8190), b"\0\0" + data[:8])
    equal(os.pread(fd, 10, 4 * MIB - 3), b"\0\0\0")
