#!/usr/bin/env python3
"""O_APPEND writes go to the write pointer, whatever the offset, from however many descriptors."""
from zctest import *

fs = Image(conventional=2, capacity=MIB).mount()
whole = b""
with opened(fs.seq(0), O_WRONLY | O_DIRECT | O_APPEND) as first, opened(fs.seq(0), O_WRONLY | O_DIRECT | O_APPEND) as second:
    for step in range(12):
        data = pattern(4096 * (step % 3 + 1), step)
        fd = first if step % 2 else second
        equal(os.write(fd, aligned(data)) if step % 3 else os.pwrite(fd, aligned(data), 4096 * (step % 5)), len(data))
        whole += data
    refused("EINVAL", os.write, first, aligned(100))
    refused("EINVAL", os.write, first, aligned(5000))
same_bytes(content(fs.seq(0)), whole, "seq/0")
with opened(fs.seq(0), O_WRONLY | O_DIRECT | O_APPEND) as fd:
    equal(os.write(fd, aligned(MIB)), MIB - len(whole), "short at the capacity")
    refused("EFBIG", os.write, fd, aligned(4096))

# To a conventional file the open succeeds, the write does not.
for flags in (O_DIRECT, 0):
    with opened(fs.cnv(0), O_WRONLY | O_APPEND | flags) as fd:
        refused("EINVAL", os.write, fd, aligned(4096))
same_bytes(content(fs.cnv(0)), bytes(4 * MIB), "cnv/0")


# Several processes at once: every write is there once, in one piece.
def appender(number):
    with opened(fs.seq(1), O_WRONLY | O_DIRECT | O_APPEND) as fd:
        for step in range(30):
            equal(os.write(fd, aligned(struct.pack("<II", number, step) * 512)), 4096)


at_once(*(lambda number=number: appender(number) for number in range(4)))
data = content(fs.seq(1))
equal(len(data), 4 * 30 * 4096)
seen = [[] for _ in range(4)]
for offset in range(0, len(data), 4096):
    number, step = struct.unpack_from("<II", data, offset)
    equal(data[offset:offset + 4096], struct.pack("<II", number, step) * 512, f"the write at {offset}")
    seen[number].append(step)
equal(seen, [list(range(30))] * 4, "each process' writes, in order")
