#!/usr/bin/env python3
"""explicit-open: zones are open while files are, and no more than the device has."""
from zonefs import *

need(max_open=1, seq=3)
fs = fresh("explicit-open")


def condition(number=0):
    return device.seq_zone(number).condition


with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
    row("open: the zone", "explicit-open", condition)
    row("open: counted", (1, 1), fs.accounting)
row("closed, nothing written: the zone", "empty", condition, wait=True)
row("closed, nothing written: counted", (0, 0), fs.accounting, wait=True)
with opened(fs.seq(0), O_RDONLY):
    row("a reader: the zone", "empty", condition)
with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
    os.pwrite(fd, aligned(4096), 0)
    os.ftruncate(fd, 0)
    row("reset while open: the zone", "explicit-open", condition)
    row("reset while open: counted", (1, 1), fs.accounting)
    os.pwrite(fd, aligned(4096), 0)
    row("written: the zone", "explicit-open", condition)
row("closed: the zone", "closed", condition, wait=True)
row("closed: counted", (0, 1), fs.accounting, wait=True)
with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
    os.ftruncate(fd, CAP)
    row("finished while open: the zone", "full", condition)
    row("finished while open: counted", (1, 0), fs.accounting)
row("a full one closed: counted", (0, 0), fs.accounting, wait=True)
with opened(fs.seq(0), O_WRONLY):
    row("a full file open: counted", (1, 0), fs.accounting)
row("and closed: counted", (0, 0), fs.accounting, wait=True)
with opened(fs.seq(1), O_WRONLY | O_DIRECT) as fd:
    for start in range(0, CAP, 1 << 20):
        os.pwrite(fd, aligned(min(1 << 20, CAP - start)), start)
    row("written full while open: counted", (1, 0), fs.accounting)
row("O_TRUNC of a full file: opened", "opened", opens, fs.seq(1), O_WRONLY | O_TRUNC)
row("O_TRUNC of a full file: the zone", "empty", condition, 1, wait=True)
