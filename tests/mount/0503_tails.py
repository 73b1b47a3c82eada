#!/usr/bin/env python3
"""Buffered writes of any length at the end of a sequential file: all of it is read back; what fills no block stays in memory."""
from zctest import *

for block in (4096, 512):
    image = Image(block=block)
    fs = image.mount()
    for number, length in enumerate((2 * block + 100, 10 * block + 1, MIB + block + 7, 3 * MIB + block - 1)):
        data = pattern(length, number)
        whole = length // block * block
        with opened(fs.seq(number), O_RDWR) as fd:
            equal(os.write(fd, aligned(data)), length, f"{length} bytes")
            equal((os.fstat(fd).st_size, image.seq_zone(number).written), (length, whole), "size and write pointer")
            same_bytes(content(fs.seq(number)), data, "by a cached reader")
            same_bytes(os.pread(fd, length, 0), data, "by the writer")
            with opened(fs.seq(number), O_RDONLY | O_DIRECT) as direct:
                same_bytes(bytes(read_direct(direct, 4 * MIB, 0)), data, "by a direct reader")
            # The rest of the block, from another open file, then more.
            with opened(fs.seq(number), O_WRONLY | O_APPEND) as other:
                os.write(other, data[:whole + block - length])
                os.write(other, data[:block])
            expected = data + data[:whole + block - length] + data[:block]
            equal(image.seq_zone(number).written, len(expected), "write pointer")
            same_bytes(content(fs.seq(number)), expected, f"seq/{number}")
    # Below the end nothing can be written, not even within what is in memory only.
    with opened(fs.seq(4), O_RDWR) as fd:
        for count in range(3 * block):
            if count % 7 == 0 or count < 10:
                equal(os.pwrite(fd, pattern(1, count), os.fstat(fd).st_size), 1)
        size = os.fstat(fd).st_size
        for offset in (0, size - 1, size // 2):
            refused("EINVAL", os.pwrite, fd, b"x", offset)
        equal(os.fstat(fd).st_size, size)
        os.ftruncate(fd, 0)
        equal((os.fstat(fd).st_size, os.pread(fd, 10, 0)), (0, b""), "reset")
    # Direct and synchronous writes leave nothing in memory, and begin where a block does.
    with opened(fs.seq(5), O_RDWR) as fd, opened(fs.seq(5), O_WRONLY | O_DIRECT) as direct, \
            opened(fs.seq(5), O_WRONLY | O_DSYNC) as synchronous:
        equal(os.pwrite(synchronous, pattern(2 * block + 9), 0), 2 * block, "the whole blocks of a synchronous write")
        refused("EINVAL", os.pwrite, synchronous, pattern(9), 2 * block)
        equal(os.pwrite(fd, pattern(9), 2 * block), 9)
        for offset in (2 * block, 2 * block + 9):
            refused("EINVAL", os.pwrite, direct, aligned(block), offset)
        equal(os.pwrite(synchronous, pattern(block), 2 * block + 9), block - 9, "up to the end of a block")
        equal(os.pwrite(direct, aligned(block), 3 * block), block)
    fs.unmount()
