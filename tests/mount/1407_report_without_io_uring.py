#!/usr/bin/env python3
"""zonecopy report of an image, and the tools that only look, work where io_uring is forbidden, as in many containers."""
from zctest import *

image = Image(zones=6)
expected = must("zonecopy", "report", image.path, "--json").out
WITHOUT_IO_URING = (sys.executable, os.path.join(HERE, "without_io_uring.py"))
ended = run(*WITHOUT_IO_URING, "zonecopyfs", image.path, TMP)
check(ended.status == 1 and not os.path.ismount(TMP), f"io_uring is forbidden indeed: {ended}")
equal(succeeds(*WITHOUT_IO_URING, "zonecopy", "report", image.path, "--json").out, expected, "of an image")
fs = image.mount()
succeeds(*WITHOUT_IO_URING, "zonecopy", "report", fs.path)
succeeds(*WITHOUT_IO_URING, "zonecopy", "status", fs.path)
write_direct(fs.seq(0), pattern(4096))
succeeds(*WITHOUT_IO_URING, "zonecopy", "copy", fs.seq(0), fs.seq(1))
