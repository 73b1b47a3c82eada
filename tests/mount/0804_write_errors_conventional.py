#!/usr/bin/env python3
"""Conventional zones that fail buffered writes: each errors= policy; direct writes fail without consequence."""
from error_rows import *

for policy in POLICIES:
    for condition in ("read-only", "offline"):
        what = f"cnv, errors={policy}, {condition}"
        image = Image(conventional=3)
        fs = image.mount(f"errors={policy}")
        with opened(fs.cnv(0), O_RDWR) as fd, opened(fs.cnv(0), O_RDWR | O_DIRECT) as direct:
            os.pwrite(fd, b"x" * 4096, 0)
            os.fsync(fd)
            image.set_cnv(0, condition)
            refused("EIO", os.pwrite, direct, aligned(4096), 4096)
            state = os.stat(fs.cnv(0))
            equal((stat.S_IMODE(state.st_mode), state.st_size), (0o640, 4 * MIB), f"{what}: after a direct write")
            equal(write_direct(fs.seq(4), pattern(4096)), 4096, f"{what}: after a direct write")
            refused("EIO EROFS" if condition == "read-only" else "EIO", os.pwrite, fd, b"y" * 4096, 0)
            # The kernel asks for no report of a conventional zone: it is treated as good.
            mode, kept, read_only = outcome(policy, "good")
            state = os.stat(fs.cnv(0))
            equal((oct(stat.S_IMODE(state.st_mode)), state.st_size), (oct(mode), 4 * MIB if kept else 0),
                  f"{what}: mode and size")
            if read_only:
                refused("EROFS", os.open, fs.cnv(0), O_WRONLY)
                refused("EROFS", os.open, fs.seq(5), O_WRONLY)
            else:
                equal(write_direct(fs.seq(5), pattern(4096)), 4096, f"{what}: others")
                if mode & 0o200:
                    os.close(os.open(fs.cnv(0), O_WRONLY))
                else:
                    refused("EPERM", os.open, fs.cnv(0), O_WRONLY)
                    refused("EPERM", os.pwrite, fd, b"z", 0)
        fs.unmount(may_be_busy=True)
        os.unlink(image.path)
