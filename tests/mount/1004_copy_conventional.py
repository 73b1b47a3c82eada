#!/usr/bin/env python3
"""Copies to, from and between conventional files, which readers of cached pages and mappings see."""
from zctest import *

for directory in places():
    for options in ("", "copy=emulate"):
        image = Image(conventional=4, directory=directory, mkfs=())
        fs = image.mount(options)
        size = 4 * MIB
        data = pattern(2 * MIB)
        write_direct(fs.seq(0), data)
        expected = bytearray(size)
        with opened(fs.cnv(0), O_RDWR) as fd, mmap.mmap(fd, size) as mapping:
            equal(len(os.pread(fd, size, 0)), size, "pages are cached")
            for offset, length, to in ((0, MIB, MIB), (4096, 8192, 0), (MIB, MIB, MIB + 4096), (0, 4096, size - 4096)):
                equal(copy_paths(fs.seq(0), fs.cnv(0), length, offset, to), length, f"to cnv at {to}")
                expected[to:to + length] = data[offset:offset + length]
                same_bytes(os.pread(fd, size, 0), bytes(expected), "read after the copy")
                same_bytes(mapping[:], bytes(expected), "mapped after the copy")
            # What is in a mapping but not written back yet is copied too.
            mapping[0:9] = b"fresh one"
            expected[0:9] = b"fresh one"
            equal(copy_paths(fs.cnv(0), fs.seq(1), 8192), 8192, "from cnv")
            same_bytes(content(fs.seq(1)), bytes(expected[:8192]), "seq/1")
            os.pwrite(fd, b"buffered", 20)
            expected[20:28] = b"buffered"
            equal(copy_paths(fs.cnv(0), fs.cnv(1), size), size, "cnv to cnv")
            same_bytes(content(fs.cnv(1)), bytes(expected), "cnv/1")
            # Within one file, without overlap.
            equal(copy_paths(fs.cnv(1), fs.cnv(1), MIB, 0, 2 * MIB), MIB)
            expected[2 * MIB:3 * MIB] = expected[:MIB]
            same_bytes(content(fs.cnv(1)), bytes(expected), "cnv/1 onto itself")
        refused("EINVAL", copy_paths, fs.cnv(1), fs.cnv(1), MIB, 0, 4096)
        for length, offset, to in ((4096, 1, 0), (4096, 0, 100), (100, 0, 0), (5000, 4096, 4096)):
            before = content(fs.cnv(2))
            equal(copy_paths(fs.cnv(0), fs.cnv(2), length, offset, to), length, "no whole blocks")
            same_bytes(content(fs.cnv(2)), before[:to] + content(fs.cnv(0))[offset:offset + length] + before[to + length:])
        equal(copy_paths(fs.seq(0), fs.cnv(2), MIB, 0, size - 8192), 8192, "short at the end")
        refused("EFBIG", copy_paths, fs.seq(0), fs.cnv(2), 4096, 0, size)
        equal(copy_paths(fs.cnv(0), fs.cnv(2), 4096, size, 0), 0, "from the end")
        fs = fs.again()
        same_bytes(content(fs.cnv(1)), bytes(expected), "after a new mount")
        fs.unmount()
        os.unlink(image.path)

# Several zones of one file, and a copy across their boundaries.
image = Image(zones=10, conventional=4, mkfs=("-o", "aggr_cnv"))
fs = image.mount()
data = pattern(4 * MIB, 3)
write_direct(fs.seq(0), data)
equal(copy_all_of(fs.seq(0), fs.cnv(0), 4 * MIB, 0, 2 * MIB + 4096), 4 * MIB)
with opened(fs.cnv(0), O_RDONLY) as fd:
    same_bytes(os.pread(fd, 4 * MIB, 2 * MIB + 4096), data, "to several zones")
equal(copy_all_of(fs.cnv(0), fs.seq(1), 4 * MIB, 2 * MIB + 4096, 0), 4 * MIB)
same_bytes(content(fs.seq(1)), data, "from several zones")
