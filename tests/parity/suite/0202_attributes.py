#!/usr/bin/env python3
"""Attributes of files: empty, written, full, conventional, and of the last zone, which may be shorter."""
from zonefs import *

need(seq=3)
fs = fresh()
write_direct(fs.seq(1), pattern(8192))
os.truncate(fs.seq(2), CAP)
last = device.zone(device.zone_count - 1)
os.truncate(fs.seq(device.seq_files - 1), last.capacity)
files = {"empty": (fs.seq(0), 0, CAP), "written": (fs.seq(1), 8192, CAP), "full": (fs.seq(2), CAP, CAP),
         "last": (fs.seq(device.seq_files - 1), last.capacity, last.capacity)}
if device.cnv_files:
    files["conventional"] = fs.cnv(0), device.zone_size, device.zone_size
for what, (path, length, capacity) in files.items():
    state = os.stat(path)
    row(f"{what}: size", length, lambda: state.st_size)
    row(f"{what}: blocks", capacity // 512, lambda: state.st_blocks)
    row(f"{what}: block size", BLOCK, lambda: state.st_blksize)
    row(f"{what}: mode", "0o100640", lambda: oct(state.st_mode))
    row(f"{what}: links", 1, lambda: state.st_nlink)
