#!/usr/bin/env python3
"""A zone that goes offline is noticed by a read too; a conventional one only costs that read."""
from error_rows import *

for policy in POLICIES:
    for flags in (O_RDONLY | O_DIRECT, O_RDONLY):
        what = f"errors={policy}, flags {flags:#x}"
        image = Image(conventional=3)
        fs = image.mount(f"errors={policy}")
        write_direct(fs.seq(0), pattern(8192))
        write_direct(fs.seq(1), pattern(8192))
        image.set_seq(0, "offline")
        image.set_seq(1, "read-only")
        image.set_cnv(0, "offline")
        with opened(fs.cnv(0), flags) as fd:
            refused("EIO", read_direct, fd, 4096, 0)
            refused("EIO", read_direct, fd, 4096, 4096)
            state = os.fstat(fd)
            equal((stat.S_IMODE(state.st_mode), state.st_size), (0o640, 4 * MIB), f"{what}: conventional")
        with opened(fs.seq(1), flags) as fd:
            same_bytes(read_direct(fd, 8192, 0), pattern(8192), f"{what}: a read-only zone can be read")
            equal(stat.S_IMODE(os.fstat(fd).st_mode), 0o640, f"{what}: nothing is noticed")
        equal(write_direct(fs.seq(4), pattern(4096)), 4096, f"{what}: not read-only yet")
        with opened(fs.seq(0), flags) as fd:
            # A read ahead that failed is tried again by the kernel, and by then the file is known to be offline.
            refused("EIO" if flags & O_DIRECT else "EIO EPERM", read_direct, fd, 4096, 0)
            state = os.stat(fs.seq(0))
            equal((stat.S_IMODE(state.st_mode), state.st_size), (0, 0), f"{what}: offline")
        with opened(fs.seq(0), flags) as fd:
            refused("EPERM", read_direct, fd, 4096, 0)
        if policy == "remount-ro":
            refused("EROFS", os.open, fs.seq(5), O_WRONLY)
        else:
            equal(write_direct(fs.seq(5), pattern(4096)), 4096, f"{what}: others")
            refused("EPERM", os.open, fs.seq(0), O_WRONLY)
        fs.unmount(may_be_busy=True)
        os.unlink(image.path)
