#!/usr/bin/env python3
"""Zones as a mount finds them: contents stay, open zones are closed, empty open ones reset."""
from zonefs import *

need(seq=4)
device.format()
device.foreign_write(0, pattern(8192))
device.foreign_write(1, pattern(8192))
device.command(device.FINISH, device.first_seq + 2)
device.command(device.OPEN, device.first_seq + 3)
row("before: a written zone is open", "implicit-open", lambda: device.seq_zone(0).condition)
fs = mount()
for number, what, length, condition in ((0, "a written zone", 8192, "closed"), (2, "a full zone", CAP, "full"),
                                        (3, "an empty open zone", 0, "empty")):
    row(f"size of {what}", length, size, fs.seq(number))
    row(f"{what} on the device", condition, lambda number=number: device.seq_zone(number).condition)
row("contents of a written zone", True, lambda: content(fs.seq(0)) == pattern(8192))
fs.unmount()
row("mounted again", True, lambda: content(mount().seq(1)) == pattern(8192))
