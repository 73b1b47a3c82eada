#!/usr/bin/env python3
"""-o explicit-open and files that become full, are reset or finished while open, or are full when opened."""
from zctest import *

image = Image(max_open=2, max_active=4, capacity=MIB)
fs = image.mount("explicit-open")


def state(number):
    return image.seq_zone(number).condition, *fs.accounting()


fd = os.open(fs.seq(0), O_RDWR | O_DIRECT)
equal(os.pwrite(fd, aligned(MIB), 0), MIB)
equal(state(0), ("full", 1, 0), "full, and not active any more")
os.ftruncate(fd, 0)
equal(state(0), ("empty", 1, 0), "reset; it was not open any more")
os.close(fd)
eventually(fs.accounting, (0, 0))
equal(image.seq_zone(0).condition, "empty")

fd = os.open(fs.seq(0), O_RDWR | O_DIRECT)
os.pwrite(fd, aligned(8192), 0)
os.ftruncate(fd, 0)
equal(state(0), ("explicit-open", 1, 1), "a reset zone is opened again")
os.pwrite(fd, aligned(4096), 0)
os.ftruncate(fd, MIB)
equal(state(0), ("full", 1, 0), "finished")
os.close(fd)
eventually(fs.accounting, (0, 0))

# A full file takes a place among those open for writing, and no zone is opened.
full = os.open(fs.seq(0), O_WRONLY)
equal(state(0), ("full", 1, 0))
other = os.open(fs.seq(1), O_WRONLY)
refused("EBUSY", os.open, fs.seq(2), O_WRONLY)
os.close(full)
os.close(other)
eventually(fs.accounting, (0, 0))
other, third = os.open(fs.seq(1), O_WRONLY), os.open(fs.seq(2), O_WRONLY)
refused("EBUSY", os.open, fs.seq(0), O_WRONLY)
os.close(other)
os.close(third)
eventually(fs.accounting, (0, 0))

# O_TRUNC opens first and truncates then.
with opened(fs.seq(0), O_WRONLY | O_TRUNC):
    equal(os.stat(fs.seq(0)).st_size, 0)
    equal(fs.accounting()[0], 1)
eventually(fs.accounting, (0, 0))
