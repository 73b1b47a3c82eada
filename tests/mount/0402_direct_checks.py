#!/usr/bin/env python3
"""What is wrong with a direct write is found in zonefs' order: EFBIG, then alignment, then the write pointer."""
from zctest import *

for block in (4096, 512):
    fs = Image(block=block, capacity=3 * MIB).mount()
    capacity = fs.image.capacity
    with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
        os.pwrite(fd, aligned(2 * block), 0)
        TABLE = [
            # offset, length, errno
            (capacity, block, "EFBIG"), (capacity + 1, block, "EFBIG"), (capacity + 1, 1, "EFBIG"), (1 << 40, block, "EFBIG"),
            (4 * MIB, block, "EFBIG"),
            (2 * block, 1, "EINVAL"), (2 * block, block - 1, "EINVAL"), (2 * block, block + 1, "EINVAL"),
            (2 * block + 1, block, "EINVAL"), (1, block, "EINVAL"), (2 * block, 3 * block // 2, "EINVAL"),
            (0, block, "EINVAL"), (block, block, "EINVAL"), (3 * block, block, "EINVAL"), (capacity - block, block, "EINVAL"),
            (capacity - block, 2 * block, "EINVAL"), (capacity - 1, 1, "EINVAL"),
        ]
        for offset, length, name in TABLE:
            refused(name, os.pwrite, fd, aligned(length), offset)
        equal(os.pwrite(fd, b"", 2 * block), 0, "nothing")
        refused("EINVAL", os.pwrite, fd, aligned(block), -1)
        equal(os.fstat(fd).st_size, 2 * block, "size after all that")
        equal(os.pwrite(fd, aligned(block), 2 * block), block, "and it is still writable")
    with opened(fs.seq(0), O_RDONLY | O_DIRECT) as fd:
        refused("EBADF", os.pwrite, fd, aligned(block), 3 * block)
    equal(write_direct(fs.seq(1), pattern(block)), block, "and so are the others")
    fs.unmount()
