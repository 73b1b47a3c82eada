#!/usr/bin/env python3
"""Cached readers see direct writes, resets and what is written after a reset."""
from zctest import *

for block in (4096, 512):
    fs = Image(block=block).mount()
    with opened(fs.seq(0), O_RDONLY) as reader, opened(fs.seq(0), O_RDWR | O_DIRECT) as writer:
        whole = b""
        for step in range(20):
            data = pattern(block * (step % 3 + 1), step)
            equal(os.pwrite(writer, aligned(data), len(whole)), len(data))
            whole += data
            same_bytes(os.pread(reader, len(whole) + 1, 0), whole, f"after write {step}")
        os.ftruncate(writer, 0)
        equal(os.pread(reader, 100, 0), b"", "after the reset")
        data = pattern(block, 99)
        os.pwrite(writer, aligned(data), 0)
        same_bytes(os.pread(reader, len(whole), 0), data, "what came after the reset")
        shared = mmap.mmap(reader, block, prot=mmap.PROT_READ)
        same_bytes(shared[:], data, "mapped")
        os.ftruncate(writer, 0)
        os.pwrite(writer, aligned(pattern(block, 100)), 0)
        same_bytes(shared[:], pattern(block, 100), "the same mapping, after reset and rewrite")
        shared.close()
    fs.unmount()
