#!/usr/bin/env python3
"""explicit-open on a device without limits is ignored by a mount, and not by a remount."""
from zonefs import *

if device.max_open or device.max_active:
    skip("it has limits")
fs = fresh("explicit-open")
with opened(fs.seq(0), O_WRONLY):
    row("open: the zone", "empty", lambda: device.seq_zone(0).condition)
    row("open: counted", (1, 0), fs.accounting)
row("closed: counted", (0, 0), fs.accounting, wait=True)
row("most write-open", 0, fs.counter, "max_wro_seq_files")
row("a remount", "done", fs.remount, "rw,explicit-open")
with opened(fs.seq(0), O_WRONLY):
    row("then open: the zone", "explicit-open", lambda: device.seq_zone(0).condition)
row("then closed: the zone", "empty", lambda: device.seq_zone(0).condition, wait=True)
