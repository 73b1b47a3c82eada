#!/usr/bin/env python3
"""Reads by io_uring that come to the end of a file: as many bytes as there are, also where the kernel reads them twice."""
from zctest import *

for options in ("strict", "rw"):
    fs = Image().mount(options)
    data = pattern(12288)
    write_direct(fs.seq(0), data)
    ring = Uring()
    for flags in (O_RDONLY, O_RDWR):
        for direct in (0, O_DIRECT):
            with opened(fs.seq(0), flags | direct) as fd:
                for offset, length in ((0, 12288), (0, 16384), (4096, 65536), (8192, 8192), (0, 24576), (12288, 4096), (0, 2 * MIB)):
                    memory = aligned(length)
                    expected = data[offset:offset + length]
                    what = f"{options}, flags {flags | direct:o}, {length} bytes at {offset}"
                    equal(ring.read(fd, memory, offset), len(expected), what)
                    same_bytes(memory[:len(expected)], expected, what)
                if not direct:
                    memory = memoryview(aligned(3 * MIB))[1000:]
                    equal(ring.read(fd, memory[:2 * MIB], 0), 12288, f"{options}, flags {flags:o}, memory anywhere")
                # What a process itself reads twice it gets twice.
                equal(os.preadv(fd, [aligned(16384)], 0), 12288)
                equal(os.preadv(fd, [aligned(4096)], 0), 4096)
    with opened(fs.seq(1), O_WRONLY | O_DIRECT) as fd:
        equal(ring.write(fd, aligned(4096), 0), 4096)
        equal(aio_result(ring.write(fd, aligned(4096), 0)), "EINVAL")
    fs.unmount()
