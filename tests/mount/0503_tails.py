#!/usr/bin/env python3
"""A buffered write that is no whole number of blocks: the whole blocks are written, the rest is refused with EINVAL."""
from zctest import *

for block in (4096, 512):
    fs = Image(block=block).mount()
    for number, length in enumerate((2 * block + 100, 10 * block + 1, MIB + block + 7, 3 * MIB + block - 1)):
        data = pattern(length, number)
        whole = length // block * block
        with opened(fs.seq(number), O_WRONLY) as fd:
            memory = memoryview(aligned(data))
            equal(os.write(fd, memory), whole, f"{length} bytes")
            refused("EINVAL", os.write, fd, memory[whole:])
            equal(os.fstat(fd).st_size, whole)
        same_bytes(content(fs.seq(number)), data[:whole], f"seq/{number}")
        # From memory that begins within a page the kernel cuts requests elsewhere, and writes may be short before the end.
        os.truncate(fs.seq(number), 0)
        with opened(fs.seq(number), O_WRONLY) as fd:
            rest = memoryview(data)
            while len(rest) > length - whole:
                rest = rest[os.write(fd, rest):]
            refused("EINVAL", os.write, fd, rest)
        same_bytes(content(fs.seq(number)), data[:whole], f"seq/{number}, from any memory")
    with opened(fs.seq(4), O_WRONLY) as fd:
        for length in (1, block - 1, 100):
            refused("EINVAL", os.write, fd, pattern(length))
        refused("EINVAL", os.pwrite, fd, pattern(block), 1)
        refused("EINVAL", os.pwrite, fd, pattern(block), block)
        equal(os.fstat(fd).st_size, 0)
        equal(os.write(fd, pattern(block)), block)
        refused("EINVAL", os.pwrite, fd, pattern(block), 0)
    same_bytes(content(fs.seq(4)), pattern(block), "seq/4")
    fs.unmount()
