#!/usr/bin/env python3
"""Copies past the source's end give 0, over the destination's capacity a short count and then EFBIG."""
from zctest import *

CAPACITY = 3 * MIB
for directory in places():
    for options in ("", "copy=emulate"):
        image = Image(capacity=CAPACITY, directory=directory)
        fs = image.mount(options)
        source = pattern(2 * MIB)
        write_direct(fs.seq(0), source)
        equal(copy_paths(fs.seq(0), fs.seq(1), 1 << 40), 2 * MIB, "a length beyond the end is cut")
        for offset in (2 * MIB, 2 * MIB + 1, 2 * MIB + 4096, CAPACITY, 1 << 40):
            equal(copy_paths(fs.seq(0), fs.seq(1), 4096, offset, 2 * MIB), 0, f"from {offset}")
        equal(copy_paths(fs.seq(2), fs.seq(1), 4096, 0, 2 * MIB), 0, "from an empty file")
        equal(copy_paths(fs.seq(0), fs.seq(1), 0, 0, 2 * MIB), 0, "nothing")
        # From past the end, alignment and write pointer do not matter.
        equal(copy_paths(fs.seq(2), fs.seq(1), 100, 0, 4096), 0, "nothing to nowhere")
        equal(os.stat(fs.seq(1)).st_size, 2 * MIB)

        equal(copy_paths(fs.seq(0), fs.seq(1), 2 * MIB, 0, 2 * MIB), MIB, "short at the capacity")
        for offset in (CAPACITY, CAPACITY + 1, 1 << 40):
            refused("EFBIG", copy_paths, fs.seq(0), fs.seq(1), 4096, 0, offset)
        same_bytes(content(fs.seq(1)), source + source[:MIB], "seq/1")
        equal(image.seq_zone(1).condition, "full")
        refused("EINVAL", copy_paths, fs.seq(0), fs.seq(1), 4096, 0, 0)
        # A finished source: all of its capacity can be copied, what was never written reads as zeros.
        os.truncate(fs.seq(0), CAPACITY)
        equal(copy_all_of(fs.seq(0), fs.seq(3), CAPACITY), CAPACITY)
        same_bytes(content(fs.seq(3)), source + bytes(MIB), "a finished zone")
        # A full destination that is reset takes copies again.
        os.truncate(fs.seq(1), 0)
        equal(copy_paths(fs.seq(0), fs.seq(1), 8192), 8192)
        fs.unmount()
        os.unlink(image.path)
