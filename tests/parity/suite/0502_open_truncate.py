#!/usr/bin/env python3
"""O_TRUNC resets sequential zones, and fails on conventional files."""
from zonefs import *

fs = fresh()
write_direct(fs.seq(0), pattern(8192))
row("a written file", "opened", opens, fs.seq(0), O_WRONLY | O_TRUNC)
row("the zone", "empty", lambda: device.seq_zone(0).condition)
row("an empty file", "opened", opens, fs.seq(0), O_RDWR | O_TRUNC)
os.truncate(fs.seq(0), CAP)
row("a full file", "opened", opens, fs.seq(0), O_WRONLY | O_TRUNC)
row("size then", 0, size, fs.seq(0))
if device.cnv_files:
    row("a conventional file", "EPERM", opens, fs.cnv(0), O_WRONLY | O_TRUNC)
    row("its size then", device.zone_size, size, fs.cnv(0))
row("write-open files then", 0, fs.counter, "nr_wro_seq_files", wait=True)
