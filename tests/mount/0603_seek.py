#!/usr/bin/env python3
"""lseek on zone files: the end is the write pointer, SEEK_DATA and SEEK_HOLE see one extent."""
from zctest import *

fs = Image(conventional=2).mount()
write_direct(fs.seq(0), pattern(5 * 4096))
for path, size in ((fs.seq(0), 5 * 4096), (fs.cnv(0), 4 * MIB), (fs.seq(1), 0)):
    for flags in (O_RDONLY, O_RDWR):
        with opened(path, flags) as fd:
            equal(os.lseek(fd, 0, os.SEEK_END), size, f"{path}: SEEK_END")
            refused("EINVAL", os.lseek, fd, -1, os.SEEK_SET)
            refused("ENXIO", os.lseek, fd, size, os.SEEK_DATA)
            refused("ENXIO", os.lseek, fd, size, os.SEEK_HOLE)
            if size:
                equal(os.lseek(fd, 4097, os.SEEK_SET), 4097)
                equal(os.lseek(fd, -4096, os.SEEK_CUR), 1)
                equal(os.lseek(fd, 4096, os.SEEK_DATA), 4096)
                equal(os.lseek(fd, 4096, os.SEEK_HOLE), size)
with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
    os.lseek(fd, 0, os.SEEK_END)
    equal(os.write(fd, aligned(4096)), 4096)
    equal(os.lseek(fd, 0, os.SEEK_END), 6 * 4096)
    # FUSE lets one seek past the end; the write is refused.
    os.lseek(fd, 8 * 4096, os.SEEK_SET)
    refused("EINVAL", os.write, fd, aligned(4096))
