#!/usr/bin/env python3
"""-o explicit-open and zones that go bad: opening them fails, closing them does not, and the counts stay right."""
from zctest import *

image = Image(max_open=3, max_active=4)
fs = image.mount("explicit-open,errors=repair")
fd = os.open(fs.seq(0), O_WRONLY | O_DIRECT)
os.pwrite(fd, aligned(4096), 0)
image.set_seq(0, "read-only")
refused("EIO EROFS", os.pwrite, fd, aligned(4096), 4096)
equal(fs.accounting(), (1, 0), "a bad zone is not active")
os.close(fd)
eventually(fs.accounting, (0, 0))
same_bytes(content(fs.seq(0)), pattern(4096), "it can be read")

image.set_seq(1, "offline")
refused("EIO EPERM EROFS", os.open, fs.seq(1), O_WRONLY)
equal(fs.accounting(), (0, 0), "a failed open counts nothing")
equal(write_direct(fs.seq(2), pattern(4096)), 4096, "others")

# The zone goes bad between open and close: close(2) succeeds, and a close that fails makes the mount read-only.
fd = os.open(fs.seq(3), O_WRONLY)
image.set_seq(3, "offline")
os.close(fd)
eventually(lambda: os.stat(fs.seq(3)).st_size, 0)
content(fs.seq(2))
fs.unmount()

# A bad zone gives its place back: with one zone to open, the next can be.
image = Image(max_open=1, max_active=1)
fs = image.mount("explicit-open,errors=repair")
for number, condition in ((0, "offline"), (1, "read-only")):
    with opened(fs.seq(number), O_WRONLY | O_DIRECT) as fd:
        os.pwrite(fd, aligned(4096), 0)
        refused("EBUSY", os.open, fs.seq(2), O_WRONLY)
        image.set_seq(number, condition)
        refused("EIO EROFS", os.pwrite, fd, aligned(4096), 4096)
    eventually(fs.accounting, (0, 0), what=f"after {condition}")
with opened(fs.seq(2), O_WRONLY | O_DIRECT) as fd:
    equal(os.pwrite(fd, aligned(4096), 0), 4096)
    equal(fs.accounting(), (1, 1))
