#!/usr/bin/env python3
"""Readers that have something cached see direct writes, resets, and what is written then."""
from zonefs import *

fs = fresh()
with opened(fs.seq(0), O_RDONLY) as reader, opened(fs.seq(0), O_WRONLY | O_DIRECT) as writer:
    row("nothing yet", b"", os.pread, reader, 4096, 0)
    os.pwrite(writer, aligned(4096, 1), 0)
    row("the first write", True, lambda: os.pread(reader, 65536, 0) == pattern(4096, 1))
    os.pwrite(writer, aligned(4096, 2), 4096)
    row("the second write", True, lambda: os.pread(reader, 65536, 0) == pattern(4096, 1) + pattern(4096, 2))
    os.ftruncate(writer, 0)
    row("a reset", b"", os.pread, reader, 65536, 0)
    os.pwrite(writer, aligned(4096, 3), 0)
    row("what is written after a reset", True, lambda: os.pread(reader, 65536, 0) == pattern(4096, 3))
    os.ftruncate(writer, CAP)
    row("what a finish adds is zeros", True, lambda: os.pread(reader, CAP, 4096) == bytes(CAP - 4096))
