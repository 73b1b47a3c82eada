#!/usr/bin/env python3
"""Remounts: read-only and back, options that come and go."""
from zonefs import *

need(seq=3)
fs = fresh()
write_direct(fs.seq(0), pattern(4096))
row("ro", "done", fs.remount, "ro")
row("ro in the mount table", True, fs.read_only_in_mount_table)
row("ro: open for writing", "EROFS", opens, fs.seq(0), O_WRONLY)
row("ro: read", True, lambda: content(fs.seq(0)) == pattern(4096))
row("rw", "done", fs.remount, "rw")
row("rw: write", 4096, write_direct, fs.seq(0), pattern(4096, 2))
with opened(fs.seq(1), O_WRONLY):
    row("ro with a writer", "refused", fs.remount, "ro")
    row("still writable", 4096, write_direct, fs.seq(0), pattern(4096, 3))
row("an unknown option", "refused", fs.remount, "rw,foo=bar")
row("an unknown policy", "refused", fs.remount, "rw,errors=panic")
row("a policy", "done", fs.remount, "rw,errors=zone-ro")
if device.max_open:
    def condition():
        """Of the zone of a file open for writing."""
        with opened(fs.seq(2), O_WRONLY):
            return device.seq_zone(2).condition
    row("without explicit-open", "empty", condition)
    row("explicit-open comes", "explicit-open", lambda: fs.remount("rw,explicit-open") == "done" and condition())
    row("the zone closes", "empty", lambda: device.seq_zone(2).condition, wait=True)
    row("explicit-open goes", "empty", lambda: fs.remount("rw") == "done" and condition())
