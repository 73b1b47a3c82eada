#!/usr/bin/env python3
"""Somebody else has written to the zone of a file: the next write fails, under each errors= policy."""
from zonefs import *

need(seq=6)
fs = fresh("errors=repair")
for number, policy in enumerate(("repair", "zone-ro", "zone-offline", "remount-ro")):
    fs.remount(f"rw,errors={policy}")
    path, name = fs.seq(number), f"errors={policy}"
    write_direct(path, pattern(8192))
    with opened(path, O_RDWR | O_DIRECT) as fd:
        device.foreign_write(number, pattern(4096, 2))
        row(f"{name}: size before", 8192, size, path)
        row(f"{name}: the write", "EIO", os.pwrite, fd, aligned(4096, 3), 8192)
        row(f"{name}: size", {"repair": 12288, "zone-offline": 0}.get(policy, 8192), size, path)
        row(f"{name}: mode", {"zone-ro": "0o440", "zone-offline": "0o0"}.get(policy, "0o640"), mode, path)
        row(f"{name}: read", {"repair": 12288, "zone-offline": "EPERM"}.get(policy, 8192), lambda: len(content(path)))
        row(f"{name}: the next write", {"repair": 4096, "remount-ro": "EROFS"}.get(policy, "EPERM"),
            os.pwrite, fd, aligned(4096, 3), 12288)
    row(f"{name}: another file", "EROFS" if policy == "remount-ro" else "opened", opens, fs.seq(5), O_WRONLY)
row("contents after repair", True, lambda: content(fs.seq(0)) == pattern(8192) + pattern(4096, 2) + pattern(4096, 3))
fs.unmount()
fs = mount()
row("a new mount: size after zone-offline", 12288, size, fs.seq(2))
row("a new mount: mode after zone-ro", "0o640", mode, fs.seq(1))
