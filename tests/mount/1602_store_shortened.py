#!/usr/bin/env python3
"""An image that somebody cuts short while it is mounted is an error for each call, and nobody dies of it."""
from zctest import *

image = Image(conventional=2)
fs = image.mount("errors=repair")
write_direct(fs.seq(0), pattern(MIB))
size = os.stat(image.path).st_size
os.truncate(image.path, 0)
with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
    refused("EIO", os.pwrite, fd, aligned(4096), MIB)
with contextlib.suppress(OSError):
    os.truncate(fs.seq(0), 0)
with contextlib.suppress(OSError):
    write_direct(fs.cnv(0), pattern(4096), 0)
with contextlib.suppress(OSError):
    copy_paths(fs.seq(0), fs.seq(1), 4096)
check(fs.alive(), "the daemon is gone")
equal(os.stat(image.path).st_size < size, True)
for command in (("zonecopy", "report", image.path), ("zonecopy", "image", "set", image.path, "--zone", "1", "--condition", "offline")):
    one_line(run(*command), 1)
fs.unmount()
for command in (("mkfs.zonecopyfs", "-f", image.path), ("zonecopyfs", image.path, fs.path)):
    one_line(run(*command), 1)
