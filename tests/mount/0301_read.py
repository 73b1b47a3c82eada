#!/usr/bin/env python3
"""read(2) on sequential files, buffered and direct: contents, ends, alignment."""
from zctest import *

for block in (4096, 512):
    fs = Image(block=block).mount()
    data = pattern(2 * MIB + 3 * block)
    write_direct(fs.seq(0), data)
    size = len(data)
    same_bytes(content(fs.seq(0)), data, "whole file")
    with opened(fs.seq(0), O_RDONLY) as fd:
        for offset, length in ((0, 1), (1, 1), (block - 1, 2), (12345, 54321), (MIB - 1, MIB + 1), (size - 1, 1),
                               (size - 10, 100), (size - block, 10 * block)):
            same_bytes(os.pread(fd, length, offset), data[offset:offset + length], f"buffered {length} at {offset}")
        for offset in (size, size + 1, size + block, fs.image.capacity, fs.image.capacity + 1, 1 << 40):
            equal(os.pread(fd, 100, offset), b"", f"at {offset}, past the end")
    for flags in (O_RDONLY | O_DIRECT, O_RDWR | O_DIRECT):
        with opened(fs.seq(0), flags) as fd:
            for offset, length in ((0, block), (block, 3 * block), (0, size), (MIB, MIB), (size - block, block)):
                same_bytes(read_direct(fd, length, offset), data[offset:offset + length], f"direct {length} at {offset}")
            # The length is cut at the end of the file before its alignment counts.
            same_bytes(read_direct(fd, 64 * KIB, size - block), data[size - block:], "direct, past the end")
            same_bytes(read_direct(fd, block + 1, size - block), data[size - block:], "direct, an odd length past the end")
            for offset, length in ((1, block), (block // 2, block), (0, 1), (0, block + 1), (block, block - 1),
                                   (size - 1, block)):
                refused("EINVAL", read_direct, fd, length, offset)
            for offset, length in ((size, block), (size + 1, 1), (fs.image.capacity, block), (1 << 40, 1)):
                equal(read_direct(fd, length, offset), b"", f"direct at {offset}, past the end")
    # As little of it is read past the write pointer of a finished zone as of any other.
    os.truncate(fs.seq(1), fs.image.capacity)
    same_bytes(content(fs.seq(1)), bytes(fs.image.capacity), "a finished zone reads as zeros")
    equal(content(fs.seq(2)), b"", "an empty zone")
    fs.unmount()
