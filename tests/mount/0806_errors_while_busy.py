#!/usr/bin/env python3
"""Zones go bad in the middle of streams of writes: every stream ends with an errno, the others go on undisturbed."""
from zctest import *

for condition in ("offline", "read-only"):
    image = Image(zones=9, zone_size=16 * MIB)
    fs = image.mount("errors=zone-ro")
    BAD = (0, 2, 4)
    streaming, broken = {number: os.pipe() for number in BAD}, {number: os.pipe() for number in BAD}

    def stream(number):
        whole = 0
        with opened(fs.seq(number), O_WRONLY | O_DIRECT) as fd:
            data = aligned(128 * KIB, number)
            try:
                while whole < 16 * MIB:
                    if number in BAD and whole == 4 * MIB:
                        os.write(streaming[number][1], b"!")
                    if number in BAD and whole == 15 * MIB:
                        os.read(broken[number][0], 1)  # it goes bad before the end
                    whole += os.pwrite(fd, data, whole)
            except OSError as error:
                check(number in BAD, f"seq/{number} is good, but: {error}")
                check(error.errno in (errno.EIO, errno.EROFS, errno.EPERM), f"seq/{number}: {error}")
                return
        check(number not in BAD, f"seq/{number} was written to its end")

    def saboteur():
        for number in BAD:
            os.read(streaming[number][0], 1)
            image.set_seq(number, condition)
            os.write(broken[number][1], b"!")

    at_once(*(lambda number=number: stream(number) for number in range(6)), saboteur)
    for number in range(6):
        expected = 0 if number in BAD and condition == "offline" else None
        size = os.stat(fs.seq(number)).st_size
        if number not in BAD:
            equal(size, 16 * MIB, f"seq/{number}")
            same_bytes(content(fs.seq(number)), pattern(128 * KIB, number) * 128, f"seq/{number}")
        elif condition == "offline":
            equal(size, 0, f"seq/{number}")
        else:
            same_bytes(content(fs.seq(number)), (pattern(128 * KIB, number) * 128)[:size], f"seq/{number}")
    fs.unmount()
