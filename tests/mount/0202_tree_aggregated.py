#!/usr/bin/env python3
"""With aggr_cnv the conventional zones are one file, and it can be written across zone boundaries."""
from zctest import *

image = Image(zones=8, conventional=4, mkfs=("-o", "aggr_cnv"))
fs = image.mount()
equal(os.listdir(fs / "cnv"), ["0"])
equal(len(os.listdir(fs / "seq")), 4)
state = os.stat(fs.cnv(0))
equal((state.st_ino, state.st_size, state.st_blocks), (1, 12 * MIB, 12 * MIB // 512))
equal(os.stat(fs.seq(0)).st_ino, 4)
data = pattern(3 * MIB)
with opened(fs.cnv(0), O_RDWR) as fd:
    equal(os.pwrite(fd, data, 3 * MIB - 1), 3 * MIB)
    equal(os.pwrite(fd, b"end", 12 * MIB - 3), 3)
    equal(os.pwrite(fd, b"past", 12 * MIB - 2), 2, "short at the end")
    refused("EFBIG", os.pwrite, fd, b"x", 12 * MIB)
with opened(fs.cnv(0), O_RDWR | O_DIRECT) as fd:
    equal(os.pwrite(fd, aligned(2 * MIB, 7), 7 * MIB), 2 * MIB, "direct, across a boundary")
fs = fs.again()
with opened(fs.cnv(0), O_RDONLY) as fd:
    equal(os.pread(fd, 3 * MIB, 3 * MIB - 1), data)
    equal(os.pread(fd, 2 * MIB, 7 * MIB), pattern(2 * MIB, 7))
    equal(os.pread(fd, 8, 12 * MIB - 3), b"epa")
fs.unmount()

# One read-only zone makes the file read-only, one offline zone makes it offline.
image.set_zone(2, "read-only")
fs = image.mount()
state = os.stat(fs.cnv(0))
equal((oct(state.st_mode), state.st_size), (oct(0o100000), 12 * MIB), "one zone read-only")
refused("EPERM", os.open, fs.cnv(0), O_WRONLY)
fs.unmount()
image.set_zone(3, "offline")
fs = image.mount()
state = os.stat(fs.cnv(0))
equal((oct(state.st_mode), state.st_size), (oct(0o100000), 0), "one zone offline")
refused("EPERM", os.open, fs.cnv(0), O_WRONLY)
