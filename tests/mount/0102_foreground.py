#!/usr/bin/env python3
"""-f stays in the foreground, logs to standard error as the kernel's zonefs does, and ends with status 0 when unmounted."""
from zctest import *

image = Image(zones=8, conventional=3)
fs = image.mount(foreground=True)
check(fs.process.poll() is None, "it is still there")
write_direct(fs.seq(0), pattern(4096))
same_bytes(content(fs.seq(0)), pattern(4096), "seq/0")
fs.unmount()
equal(fs.process.returncode, 0, "status when unmounted")
for words in ("Mounting 8 zones", 'Zone group "cnv" has 2 files', 'Zone group "seq" has 5 files', image.path):
    check(words in fs.log(), f"expected {words!r} in the log: {fs.log()}")

image.set_seq(1, "offline")
image.set_seq(2, "read-only")
fs = image.mount(foreground=True)
fs.unmount()
for words in ("offline zone", "read-only zone"):
    check(words in fs.log(), f"expected {words!r} in the log: {fs.log()}")

single = Image(zones=3, conventional=2)
fs = single.mount(foreground=True)
fs.unmount()
for words in ('Zone group "cnv" has 1 file', 'Zone group "seq" has 1 file'):
    check(re.search(re.escape(words) + r"(?!s)", fs.log()), f"expected {words!r} in the log: {fs.log()}")
