#!/usr/bin/env python3
"""Writes larger than a FUSE request: one call, all of it, in order."""
from zctest import *

image = Image(zones=6, zone_size=16 * MIB, capacity=13 * MIB)
for options in ("", "strict"):
    fs = image.mount(options)
    for number, lengths in enumerate(((4 * MIB, 4 * MIB, 4 * MIB), (MIB + 4096, 3 * MIB, 2 * MIB - 4096, 5 * MIB), (13 * MIB,))):
        whole = b""
        with opened(fs.seq(number), O_WRONLY | O_DIRECT) as fd:
            for length in lengths:
                data = pattern(length, length + number)
                equal(os.pwrite(fd, aligned(data), len(whole)), length, f"{length} bytes at once")
                whole += data
        same_bytes(content(fs.seq(number)), whole, f"seq/{number}")
    # From memory that begins at any byte of a page: all of it or nothing, and never out of order.
    memory = memoryview(aligned(3 * MIB, 9))
    for shift in (512, 1024, 8):
        os.truncate(fs.seq(3), 0)
        with opened(fs.seq(3), O_WRONLY | O_DIRECT) as fd:
            try:
                got = os.pwrite(fd, memory[shift:shift + 2 * MIB], 0)
            except OSError as error:
                equal(error.errno, errno.EINVAL, f"memory shifted by {shift}")
                got = 0
        equal(os.stat(fs.seq(3)).st_size, got, "size is what was returned")
        same_bytes(content(fs.seq(3)), bytes(memory[shift:shift + got]), f"memory shifted by {shift}")
    fs.unmount()
    image.format("-f")
