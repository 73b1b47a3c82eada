#!/usr/bin/env python3
"""-o explicit-open: the first open for writing opens the zone, EBUSY beyond the limit, the last close closes it."""
from zctest import *

image = Image(conventional=2, max_open=2, max_active=4, capacity=MIB)
fs = image.mount("explicit-open")


def condition(number):
    return image.seq_zone(number).condition


first = os.open(fs.seq(0), O_WRONLY | O_DIRECT)
equal((condition(0), fs.accounting()), ("explicit-open", (1, 1)))
again = os.open(fs.seq(0), O_RDWR)
second = os.open(fs.seq(1), O_WRONLY)
equal(fs.accounting(), (2, 2))
for flags in (O_WRONLY, O_RDWR, O_WRONLY | O_DIRECT, O_RDWR | O_APPEND, O_WRONLY | O_TRUNC):
    refused("EBUSY", os.open, fs.seq(2), flags)
equal((condition(2), fs.accounting()), ("empty", (2, 2)), "a refused open changes nothing")
os.close(os.open(fs.seq(2), O_RDONLY))
os.close(os.open(fs.cnv(0), O_RDWR))
os.close(os.open(fs.seq(0), O_RDWR))
equal(fs.accounting(), (2, 2))

# Of an unwritten zone the close leaves nothing.
os.close(second)
eventually(fs.accounting, (1, 1))
equal(condition(1), "empty")
# Of a written one an active, closed zone; not before the last descriptor is closed.
os.pwrite(first, aligned(4096), 0)
os.close(first)
# The daemon is told of closes in their order: when it has counted this one, it has seen the one before it.
os.close(os.open(fs.seq(1), O_WRONLY))
eventually(fs.accounting, (1, 1), "one of two descriptors closed")
equal(condition(0), "explicit-open")
os.close(again)
eventually(fs.accounting, (0, 1))
equal(condition(0), "closed")

# There is room again.
descriptors = [os.open(fs.seq(number), O_WRONLY) for number in (2, 3)]
refused("EBUSY", os.open, fs.seq(0), O_WRONLY)
for fd in descriptors:
    os.close(fd)
eventually(fs.accounting, (0, 1))

# Appending to a closed zone opens it again.
with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
    equal(condition(0), "explicit-open")
    os.pwrite(fd, aligned(4096), 4096)
eventually(lambda: condition(0), "closed")

# What was closed makes room for the very next open, though the kernel tells the daemon of a close only afterwards.
for number in range(60):
    fds = [os.open(fs.seq(number % 3 + offset), O_WRONLY) for offset in (1, 4)]
    for fd in fds:
        os.close(fd)
eventually(fs.accounting, (0, 1))
