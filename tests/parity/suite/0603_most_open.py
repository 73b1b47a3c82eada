#!/usr/bin/env python3
"""One file more than the device has open zones: refused with explicit-open, not without."""
from zonefs import *

need(max_open=1, seq=device.max_open + 2)
most = device.max_open
fs = fresh("explicit-open")
held = [os.open(fs.seq(number), O_WRONLY | O_DIRECT) for number in range(most)]
row("as many as there are", True, lambda: fs.accounting() == (most, most))
row("one more", "EBUSY", opens, fs.seq(most), O_WRONLY)
row("one more, with O_TRUNC", "EBUSY", opens, fs.seq(most), O_RDWR | O_TRUNC)
row("one more, to read", "opened", opens, fs.seq(most), O_RDONLY)
row("one that is open already", "opened", opens, fs.seq(0), O_WRONLY)
row("truncate by path", "done", done, os.truncate, fs.seq(most), 0)
row("refused ones do not count", True, lambda: fs.accounting() == (most, most), wait=True)
os.close(held.pop())
row("one closed: counted", True, lambda: fs.accounting() == (most - 1, most - 1), wait=True)
row("another, then", "opened", opens, fs.seq(most), O_WRONLY)
for fd in held:
    os.close(fd)
fs.unmount()
fs = mount()
held = [os.open(fs.seq(number), O_WRONLY | O_DIRECT) for number in range(most + 1)]
row("without explicit-open", True, lambda: fs.accounting() == (most + 1, 0))
row("and all can be written in turn", True, lambda: all(os.pwrite(fd, aligned(4096), 0) == 4096 for fd in held[:most]))
for fd in held:
    os.close(fd)
