#!/usr/bin/env python3
"""O_SYNC and O_DSYNC writes, fsync, fdatasync, syncfs; fsync of a directory is EINVAL."""
from zctest import *

image = Image(conventional=2)
fs = image.mount()
whole = b""
for flags in (O_DSYNC, O_SYNC, O_DSYNC | O_APPEND):
    with opened(fs.seq(0), O_WRONLY | O_DIRECT | flags) as fd:
        data = pattern(3 * 4096, flags)
        equal(os.pwrite(fd, aligned(data), len(whole)), len(data))
        whole += data
with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
    os.fsync(fd)
    os.fdatasync(fd)
with opened(fs.seq(0), O_RDONLY) as fd:
    os.fsync(fd)
same_bytes(content(fs.seq(0)), whole, "seq/0")
for flags in (O_DSYNC, O_SYNC):
    with opened(fs.cnv(0), O_WRONLY | flags) as fd:
        equal(os.pwrite(fd, b"conventional", 12345), 12)
        os.fsync(fd)
for directory in (fs.path, fs / "seq", fs / "cnv"):
    with opened(directory, O_RDONLY | O_DIRECTORY) as fd:
        refused("EINVAL", os.fsync, fd)
        refused("EINVAL", os.fdatasync, fd)
must("sync", "-f", fs.seq(0))
fs.kill()
fs = image.mount(point=fs.path)
same_bytes(content(fs.seq(0)), whole, "after a kill")
with opened(fs.cnv(0), O_RDONLY) as fd:
    equal(os.pread(fd, 12, 12345), b"conventional", "after a kill")
