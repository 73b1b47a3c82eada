#!/usr/bin/env python3
"""Writers of different zones do not disturb each other, nor readers; all is as written."""
from zctest import *

ZONES, STEPS = 6, 40
fs = Image(zones=ZONES + 1).mount()
LENGTHS = (4096, 16384, 65536, 131072)


def data_of(number):
    return b"".join(pattern(LENGTHS[(number + step) % 4], number * 1000 + step) for step in range(STEPS))


def writer(number):
    with opened(fs.seq(number), O_WRONLY | O_DIRECT) as fd:
        whole, done = data_of(number), 0
        for step in range(STEPS):
            length = LENGTHS[(number + step) % 4]
            equal(os.pwrite(fd, aligned(whole[done:done + length]), done), length)
            done += length
            if step % 10 == 0:
                os.fsync(fd)


def reader(number):
    whole = data_of(number)
    for _ in range(15):
        seen = content(fs.seq(number))
        if not same_bytes(seen, whole[:len(seen)], f"what a reader of seq/{number} sees"):
            break


at_once(*(lambda number=number, work=work: work(number) for number in range(ZONES) for work in (writer, reader)))
for number in range(ZONES):
    same_bytes(content(fs.seq(number)), data_of(number), f"seq/{number}")
