#!/usr/bin/env python3
"""copy_file_range and files of bad zones, and read-only mounts."""
from zonefs import *

need(faults=True, seq=4)
device.format()
device.foreign_write(0, pattern(8192))
device.break_seq(1, "offline")
fs = mount("errors=zone-ro")
with opened(fs.seq(1), O_RDONLY) as bad, opened(fs.seq(2), O_WRONLY) as good, opened(fs.seq(0), O_RDONLY) as source:
    row("from an offline zone", 0, copy_range, bad, good, 4096, 0, 0)
    device.break_seq(2, "offline")
    row("to a zone gone bad", "EIO", copy_range, source, good, 4096, 0, 0)
row("the mount stays writable", "opened", opens, fs.seq(3), O_WRONLY)
fs.unmount()
device.heal()
