#!/usr/bin/env python3
"""Direct writes to conventional files: anywhere, in whole blocks."""
from zctest import *

for options in ("", "strict"):
    for block in (4096, 512):
        fs = Image(conventional=3, block=block).mount(options)
        size = 4 * MIB
        expected = bytearray(size)
        with opened(fs.cnv(0), O_RDWR | O_DIRECT) as fd:
            places_and_lengths = ((MIB, block), (0, 64 * KIB), (MIB, 2 * MIB), (3 * block, block), (size - block, block),
                                  (MIB + block, MIB))
            for step, (offset, length) in enumerate(places_and_lengths):
                data = pattern(length, step)
                equal(os.pwrite(fd, aligned(data), offset), length)
                expected[offset:offset + length] = data
            for offset, length in ((1, block), (block // 2, block), (0, 1), (block, block + 1), (size - 1, 1)):
                refused("EINVAL", os.pwrite, fd, aligned(length), offset)
            for offset in (size, size + block, 1 << 40):
                refused("EFBIG", os.pwrite, fd, aligned(block), offset)
            # Short at the end; EIO in the default mode, whose direct writes to cached files are asynchronous.
            try:
                equal(os.pwrite(fd, aligned(4 * block, 9), size - 2 * block), 2 * block, "short at the end")
            except OSError as error:
                check(not options and error.errno == errno.EIO, f"-o {options}: over the end: {error}")
            expected[size - 2 * block:] = pattern(4 * block, 9)[:2 * block]
            same_bytes(read_direct(fd, size, 0), bytes(expected), "direct")
            equal(os.fstat(fd).st_size, size)
        same_bytes(content(fs.cnv(0)), bytes(expected), "buffered")
        same_bytes(content(fs.cnv(1)), bytes(size), "the other file")
        fs.unmount()
