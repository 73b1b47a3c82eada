#!/usr/bin/env python3
"""truncate: 0 resets a zone, its capacity finishes it, nothing else."""
from zonefs import *

fs = fresh()
path = fs.seq(0)
row("an empty file to 0", "done", done, os.truncate, path, 0)
row("an empty file to a block", "EPERM", os.truncate, path, BLOCK)
write_direct(path, pattern(8192))
row("to half", "EPERM", os.truncate, path, 4096)
row("to its size", "EPERM", os.truncate, path, 8192)
row("to more", "EPERM", os.truncate, path, 16384)
row("to more than the capacity", "EFBIG", os.truncate, path, device.zone_size + 4096)
row("to a negative size", "EINVAL", os.truncate, path, -1)
row("size then", 8192, size, path)
row("to the capacity", "done", done, os.truncate, path, CAP)
row("the zone is full", "full", lambda: device.seq_zone(0).condition)
row("size when full", CAP, size, path)
row("contents when full", True, lambda: content(path) == pattern(8192) + bytes(CAP - 8192))
row("to the capacity, again", "done", done, os.truncate, path, CAP)
row("a full file to half", "EPERM", os.truncate, path, 4096)
row("to 0", "done", done, os.truncate, path, 0)
row("the zone is empty", "empty", lambda: device.seq_zone(0).condition)
row("size when empty", 0, size, path)
row("written again", 4096, write_direct, path, pattern(4096, 2))
with opened(path, O_RDONLY) as fd:
    row("ftruncate of a reader", "EINVAL", os.ftruncate, fd, 0)
with opened(path, O_RDWR) as fd:
    row("ftruncate to 0", "done", done, os.ftruncate, fd, 0)
    row("ftruncate to half", "EPERM", os.ftruncate, fd, 4096)
    row("ftruncate to the capacity", "done", done, os.ftruncate, fd, CAP)
row("an empty file to the capacity", "done", done, os.truncate, fs.seq(1), CAP)
row("a directory", "EISDIR", os.truncate, fs / "seq", 0)
