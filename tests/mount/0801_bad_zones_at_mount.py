#!/usr/bin/env python3
"""Zones that are offline or read-only when mounted: what their files look like and refuse."""
from zctest import *

image = Image(conventional=4)
fs = image.mount()
for number in range(3):
    write_direct(fs.seq(number), pattern(8192))
fs.unmount()
image.set_seq(0, "offline")
image.set_seq(1, "read-only")
image.set_cnv(0, "offline")
image.set_cnv(1, "read-only")
for options in ("", "errors=zone-ro", "errors=zone-offline", "errors=repair", "explicit-open"):
    fs = image.mount(options)
    for path, size in ((fs.seq(0), 0), (fs.seq(1), 0), (fs.cnv(0), 0), (fs.cnv(1), 4 * MIB)):
        state = os.stat(path)
        equal((oct(stat.S_IMODE(state.st_mode)), state.st_size, state.st_blocks), (oct(0), size, 4 * MIB // 512), path)
        for flags in (O_WRONLY, O_RDWR, O_WRONLY | O_DIRECT, O_RDWR | O_TRUNC, O_WRONLY | O_APPEND):
            refused("EPERM", os.open, path, flags)
        # Root may open it for reading, but not read it.
        with opened(path, O_RDONLY | O_DIRECT) as fd:
            refused("EPERM", read_direct, fd, 4096, 0)
            refused("EPERM", os.fsync, fd)
        with opened(path, O_RDONLY) as fd:
            refused("EPERM", os.pread, fd, 100, 0)
        refused("EPERM", os.chmod, path, 0o644)
        refused("EPERM", os.chown, path, 1, 1)
        refused("EPERM", os.utime, path, (1, 1))
        refused("EPERM", os.truncate, path, 0)
        refused("EPERM", os.truncate, path, 4 * MIB)
    as_nobody(lambda: refused("EACCES", os.open, fs.seq(0), O_RDONLY))
    # The others are as good as ever.
    same_bytes(content(fs.seq(2)), pattern(8192), "seq/2")
    equal(write_direct(fs.seq(3), pattern(4096)), 4096)
    os.truncate(fs.seq(3), 0)
    with opened(fs.cnv(2), O_RDWR) as fd:
        equal(os.pwrite(fd, b"x", 0), 1)
    fs.unmount()
