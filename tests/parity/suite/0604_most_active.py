#!/usr/bin/env python3
"""More partly written zones than the device can have active: the device refuses."""
from zonefs import *

need(max_active=1, max_open=1, seq=device.max_active + 1)
most = device.max_active
fs = fresh("explicit-open,errors=repair")
for number in range(most):
    write_direct(fs.seq(number), pattern(4096))
row("as many as there are", True, lambda: fs.accounting() == (0, most), wait=True)
row("open one more", "EOVERFLOW", opens, fs.seq(most), O_WRONLY)
row("that does not count", True, lambda: fs.accounting() == (0, most))
os.truncate(fs.seq(0), CAP)
row("one finished: open one more", "opened", opens, fs.seq(most), O_WRONLY)
fs.unmount()
fs = mount("errors=repair")
write_direct(fs.seq(most), pattern(4096))
os.truncate(fs.seq(0), 0)
with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
    row("without explicit-open: open one more", "opened", opens, fs.seq(0), O_WRONLY)
    row("without explicit-open: write it", "EOVERFLOW", os.pwrite, fd, aligned(4096), 0)
row("size of it then", 0, size, fs.seq(0))
row("the mount stays writable", 4096, write_direct, fs.seq(1), pattern(4096))
