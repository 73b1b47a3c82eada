#!/usr/bin/env python3
"""Several processes append to one file with ordinary O_APPEND writes: each write is there once, in one piece."""
from zctest import *

fs = Image().mount()


def appender(number):
    with opened(fs.seq(0), O_WRONLY | O_APPEND) as fd:
        for step in range(40):
            data = struct.pack("<II", number, step) * 512
            equal(os.write(fd, data * 2), 8192)


at_once(*(lambda number=number: appender(number) for number in range(4)))
data = content(fs.seq(0))
equal(len(data), 4 * 40 * 8192)
steps = [[] for _ in range(4)]
for offset in range(0, len(data), 8192):
    number, step = struct.unpack_from("<II", data, offset)
    if not equal(data[offset:offset + 8192], struct.pack("<II", number, step) * 1024, f"the write at {offset}"):
        break
    steps[number].append(step)
equal(steps, [list(range(40))] * 4)
