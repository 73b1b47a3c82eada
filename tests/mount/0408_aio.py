#!/usr/bin/env python3
"""Asynchronous writes (libaio's calls): several in flight, each at the end of the one before, each larger than a request."""
from zctest import *

image = Image(zones=5, zone_size=32 * MIB)
for options in ("", "strict"):
    fs = image.mount(options)
    for number, length in enumerate((4096, 64 * KIB, MIB, 4 * MIB)):
        count = min(16, 24 * MIB // length)
        data = pattern(count * length, number)
        aio = Aio()
        with opened(fs.seq(number), O_RDWR | O_DIRECT) as fd:
            memory = aligned(data)
            for i in range(count):
                aio.write(fd, memoryview(memory)[i * length:(i + 1) * length], i * length)
            results = aio.wait(count)
            equal(results, {i: length for i in range(count)}, f"{count} writes of {length}")
            # One at the wrong place fails alone.
            equal(aio_result(aio.write_now(fd, aligned(4096), 0)), "EINVAL", "behind the write pointer")
            equal(aio_result(aio.write_now(fd, aligned(4096), len(data) + 4096)), "EINVAL", "ahead of it")
            equal(os.fstat(fd).st_size, len(data))
            equal(aio_result(aio.write_now(fd, aligned(4096, 3), len(data))), 4096, "and then the right one")
        same_bytes(content(fs.seq(number)), data + pattern(4096, 3), f"seq/{number}")
    fs.unmount()
    image.format("-f")
