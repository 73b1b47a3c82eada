#!/usr/bin/env python3
"""Conventional files have one size for ever. To truncate one to 0 is allowed and changes nothing, except for gaps (strict: EPERM)."""
from zctest import *

fs = Image(conventional=3).mount("strict")
size = 4 * MIB
with opened(fs.cnv(0), O_RDWR) as fd:
    os.pwrite(fd, b"kept", 0)
    for length in (0, 1, 4096, size - 1, size):
        refused("EPERM", os.ftruncate, fd, length)
        refused("EPERM", os.truncate, fs.cnv(0), length)
    refused("EPERM EFBIG", os.ftruncate, fd, size + 4096)
for flags in (O_TRUNC | O_RDWR, O_TRUNC | O_WRONLY | O_DIRECT, O_TRUNC | O_CREAT | O_WRONLY):
    refused("EPERM", os.open, fs.cnv(0), flags)
equal(os.stat(fs.cnv(0)).st_size, size)
with opened(fs.cnv(0), O_RDONLY) as fd:
    equal(os.pread(fd, 4, 0), b"kept")

fs = fs.again("")
old = pattern(size, 3)
with opened(fs.cnv(0), O_RDWR) as fd:
    os.pwrite(fd, old, 0)
    for length in (1, 4096, size - 1):
        refused("EPERM", os.ftruncate, fd, length)
    refused("EFBIG", os.ftruncate, fd, size + 4096)
    os.ftruncate(fd, size)
os.truncate(fs.cnv(0), 0)
for flags in (O_TRUNC | O_RDWR, O_TRUNC | O_WRONLY | O_DIRECT, O_TRUNC | O_CREAT | O_WRONLY):
    os.close(os.open(fs.cnv(0), flags))
equal(os.stat(fs.cnv(0)).st_size, size)
same_bytes(content(fs.cnv(0)), old, "nothing has changed")

# Whoever has emptied it finds zeros where he leaves something out, also in the kernel's cache.
with opened(fs.cnv(0), O_RDWR | O_TRUNC) as fd, opened(fs.cnv(0), O_RDWR) as other:
    os.pwrite(fd, b"first", 10)
    os.pwrite(fd, b"second", 100000)
    os.pwrite(other, b"third", 2 * MIB)
    os.pwrite(fd, b"below", 50)
    os.ftruncate(fd, 3 * MIB - 5)
expected = bytearray(3 * MIB - 5) + old[3 * MIB - 5:]
for offset, data in ((10, b"first"), (100000, b"second"), (2 * MIB, b"third"), (50, b"below")):
    expected[offset:offset + len(data)] = data
same_bytes(content(fs.cnv(0)), bytes(expected), "gaps are zeros, and what is behind is as it was")
with opened(fs.cnv(0), O_RDWR) as fd:
    os.pwrite(fd, b"later", 3 * MIB + 100000)
expected[3 * MIB + 100000:3 * MIB + 100005] = b"later"
same_bytes(content(fs.cnv(0)), bytes(expected), "a later open fills nothing")
with opened(fs.cnv(0), O_RDWR | O_TRUNC) as fd:
    equal(copy_paths(fs.cnv(0), fs.cnv(1), 4096), 4096)
    with opened(fs.cnv(1), O_RDONLY) as source:
        equal(copy_range(source, fd, 4096, 0, 8192), 4096)
expected[0:8192], expected[8192:12288] = bytes(8192), expected[0:4096]
same_bytes(content(fs.cnv(0)), bytes(expected), "a gap in front of a copy")
fs = fs.again()
same_bytes(content(fs.cnv(0)), bytes(expected), "after a new mount")
