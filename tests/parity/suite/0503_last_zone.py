#!/usr/bin/env python3
"""The last zone, which may be shorter than the others: its own size counts."""
from zonefs import *

fs = fresh()
last = device.zone(device.zone_count - 1)
path = fs.seq(device.seq_files - 1)
row("an empty one to its capacity", "done", done, os.truncate, path, last.capacity)
row("size", True, lambda: size(path) == last.capacity)
row("the zone", "full", lambda: device.zone(device.zone_count - 1).condition)
os.truncate(path, 0)
if last.capacity < CAP:
    row("a short one to the capacity of others", "EPERM", os.truncate, path, CAP)
data = pattern(last.capacity)
row("written in one", True, lambda: write_direct(path, data) == last.capacity)
row("contents", True, lambda: content(path) == data)
with opened(path, O_WRONLY | O_DIRECT) as fd:
    row("written at its end", "EFBIG", os.pwrite, fd, aligned(4096), last.capacity)
