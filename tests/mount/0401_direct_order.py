#!/usr/bin/env python3
"""Direct writes to sequential files go to the write pointer only; a refused one changes nothing."""
from zctest import *

for block in (4096, 512):
    image = Image(block=block)
    fs = image.mount()
    whole = b""
    with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
        for step in range(10):
            for wrong in {0, block, len(whole) - block, len(whole) + block, len(whole) + 8 * block} - {len(whole)}:
                if wrong >= 0:
                    refused("EINVAL", os.pwrite, fd, aligned(block), wrong)
            data = pattern(block * (step + 1), step)
            equal(os.pwrite(fd, aligned(data), len(whole)), len(data))
            whole += data
            equal(os.fstat(fd).st_size, len(whole))
        os.lseek(fd, len(whole), os.SEEK_SET)
        for step in range(3):
            data = pattern(4 * block, step + 50)
            equal(os.write(fd, aligned(data)), len(data), "write(2) at the file position")
            whole += data
    same_bytes(content(fs.seq(0)), whole, "seq/0")
    equal(image.seq_zone(0).written, len(whole), "write pointer")
    fs = fs.again()
    same_bytes(content(fs.seq(0)), whole, "after a new mount")
    equal(write_direct(fs.seq(0), pattern(block)), block, "writing goes on after a new mount")
    fs.unmount()
