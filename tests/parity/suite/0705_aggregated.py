#!/usr/bin/env python3
"""aggr_cnv: adjacent conventional zones are one file."""
from zonefs import *

need(conventional=2)
fs = fresh(mkfs=("-o", "aggr_cnv"))
SIZE = device.cnv_files * device.zone_size
row("names", ["0"], os.listdir, fs / "cnv")
row("size", SIZE, size, fs.cnv(0))
row("blocks", SIZE // 512, lambda: os.stat(fs.cnv(0)).st_blocks)
row("inode number", 1, lambda: os.stat(fs.cnv(0)).st_ino)
row("size of the group", 1, size, fs / "cnv")
row("names in seq", device.seq_files, lambda: len(os.listdir(fs / "seq")))
data, at = pattern(8192), device.zone_size - 4096
with opened(fs.cnv(0), O_RDWR | O_DIRECT) as fd:
    row("a write across zones", 8192, os.pwrite, fd, aligned(data), at)
    row("a read across zones", True, lambda: read_direct(fd, 8192, at) == data)
    row("at the end", "EFBIG", os.pwrite, fd, aligned(4096), SIZE)
with opened(fs.cnv(0), O_RDWR) as fd:
    row("a buffered write across zones", 1000, os.pwrite, fd, pattern(1000, 2), device.zone_size - 500)
fs.unmount()
fs = fresh()
row("the same bytes without it", True,
    lambda: content(fs.cnv(0))[-500:] + content(fs.cnv(1))[:500] == pattern(1000, 2))
