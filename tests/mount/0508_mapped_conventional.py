#!/usr/bin/env python3
"""A whole conventional file written through a shared mapping, beside ordinary and direct writes."""
from zctest import *

image = Image(conventional=3)
fs = image.mount()
size = 4 * MIB
expected = bytearray(pattern(size))
with opened(fs.cnv(0), O_RDWR) as fd, mmap.mmap(fd, size) as memory:
    memory[:] = bytes(expected)
    memory.flush()
    same_bytes(os.pread(fd, size, 0), bytes(expected), "read beside the mapping")
    os.pwrite(fd, b"by write", 100000)
    expected[100000:100008] = b"by write"
    same_bytes(memory[:], bytes(expected), "the mapping sees writes")
    memory[200000:200007] = b"mapping"
    expected[200000:200007] = b"mapping"
    with opened(fs.cnv(0), O_RDWR | O_DIRECT) as direct:
        same_bytes(read_direct(direct, 8192, 196608), bytes(expected[196608:196608 + 8192]), "direct reads see the mapping")
        os.pwrite(direct, aligned(4096, 5), 300 * 4096)
        expected[300 * 4096:301 * 4096] = pattern(4096, 5)
    same_bytes(memory[:], bytes(expected), "the mapping sees direct writes")
    memory[size - 1] = expected[size - 1] = 7
fs = fs.again()
same_bytes(content(fs.cnv(0)), bytes(expected), "after a new mount")
