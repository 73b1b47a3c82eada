#!/usr/bin/env python3
"""A write that runs over the zone's capacity is short; the next one gets EFBIG."""
from zctest import *

for options in ("", "strict"):
    for block in (4096, 512):
        fs = Image(block=block, capacity=3 * MIB).mount(options)
        capacity = fs.image.capacity
        with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
            equal(os.pwrite(fd, aligned(capacity - block), 0), capacity - block)
            equal(os.pwrite(fd, aligned(8 * block, 5), capacity - block), block, "short")
            equal(os.fstat(fd).st_size, capacity)
            for length in (block, 1, MIB):
                refused("EFBIG", os.pwrite, fd, aligned(length), capacity)
            refused("EINVAL", os.pwrite, fd, aligned(block), 0)
            equal(read_direct(fd, 2 * block, capacity - block), pattern(8 * block, 5)[:block])
        equal(fs.image.seq_zone(0).condition, "full")
        # A length that is odd only beyond the end is cut to one that is not.
        with opened(fs.seq(1), O_RDWR | O_DIRECT) as fd:
            equal(os.pwrite(fd, aligned(capacity - block), 0), capacity - block)
            equal(os.pwrite(fd, aligned(block + 100), capacity - block), block, "odd, but cut")
        # More than one request of FUSE, and the end in the middle of one.
        with opened(fs.seq(2), O_RDWR | O_DIRECT) as fd:
            equal(os.pwrite(fd, aligned(capacity + 5 * block, 6), 0), capacity, "short, from the start")
        same_bytes(content(fs.seq(2)), pattern(capacity + 5 * block, 6)[:capacity], "seq/2")
        fs.unmount()
