#!/usr/bin/env python3
"""Flags of single writes and reads, synchronous files, fsync."""
from zonefs import *

fs = fresh()
with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
    row("RWF_NOWAIT, write", "EOPNOTSUPP", os.pwritev, fd, [aligned(4096)], 0, os.RWF_NOWAIT)
    row("RWF_NOWAIT, read", "EOPNOTSUPP", os.preadv, fd, [aligned(4096)], 0, os.RWF_NOWAIT)
    row("RWF_DSYNC", 4096, os.pwritev, fd, [aligned(4096)], 0, os.RWF_DSYNC)
    row("RWF_SYNC", 4096, os.pwritev, fd, [aligned(4096)], 4096, os.RWF_SYNC)
    row("fsync", "done", done, os.fsync, fd)
    row("fdatasync", "done", done, os.fdatasync, fd)
with opened(fs.seq(0), O_RDONLY) as fd:
    row("fsync of a reader", "done", done, os.fsync, fd)
for name in ("O_SYNC", "O_DSYNC"):
    with opened(fs.seq(0), O_WRONLY | O_DIRECT | getattr(os, name)) as fd:
        row(f"a file opened with {name}", 4096, os.pwrite, fd, aligned(4096), os.fstat(fd).st_size)
row("a directory for writing", "EISDIR", opens, fs / "seq", O_WRONLY)
