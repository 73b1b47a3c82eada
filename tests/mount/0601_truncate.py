#!/usr/bin/env python3
"""truncate: to 0 resets a sequential zone, to its capacity finishes it, in between it only grows (strict: EPERM)."""
from zctest import *

CAPACITY = 3 * MIB
for block, options in ((4096, ""), (512, ""), (4096, "strict"), (512, "strict")):
    image = Image(capacity=CAPACITY, block=block)
    fs = image.mount(options)
    with opened(fs.seq(0), O_RDWR) as fd:
        for by, truncate in (("path", lambda length: os.truncate(fs.seq(0), length)),
                             ("descriptor", lambda length: os.ftruncate(fd, length))):
            equal(truncate(0), None, f"by {by}: empty to 0")
            equal(image.seq_zone(0).condition, "empty")
            write_direct(fs.seq(0), pattern(4 * block))
            for length in (1, block, 4 * block - 1):
                refused("EPERM", truncate, length)
            for length in (4 * block, 5 * block, CAPACITY - block, CAPACITY - 1):
                if options:
                    refused("EPERM", truncate, length)
            if not options:
                equal(truncate(4 * block), None, "the size that it has")
            for length in (CAPACITY + 1, CAPACITY + block, 1 << 40):
                refused("EFBIG", truncate, length)
            equal(os.fstat(fd).st_size, 4 * block)
            truncate(CAPACITY)
            equal((os.fstat(fd).st_size, image.seq_zone(0).condition), (CAPACITY, "full"), f"by {by}: finished")
            truncate(CAPACITY)
            equal(os.fstat(fd).st_size, CAPACITY, f"by {by}: full to full")
            refused("EFBIG", write_direct, fs.seq(0), pattern(block), CAPACITY)
            refused("EPERM", truncate, CAPACITY - block)
            equal(os.pread(fd, 5 * block, 0), pattern(4 * block) + bytes(block), "what was written is still there")
            truncate(0)
            equal((os.fstat(fd).st_size, image.seq_zone(0).condition), (0, "empty"), f"by {by}: reset")
            write_direct(fs.seq(0), pattern(block))
            truncate(0)
            truncate(CAPACITY)
            equal((os.fstat(fd).st_size, image.seq_zone(0).condition), (CAPACITY, "full"), f"by {by}: empty to full")
            truncate(0)
    with opened(fs.seq(0), O_RDONLY) as fd:
        refused("EINVAL", os.ftruncate, fd, 0)
    for flags in (O_TRUNC | O_RDWR, O_TRUNC | O_WRONLY | O_DIRECT, O_TRUNC | O_CREAT | O_WRONLY | O_APPEND):
        write_direct(fs.seq(1), pattern(block))
        os.close(os.open(fs.seq(1), flags))
        equal((os.stat(fs.seq(1)).st_size, image.seq_zone(1).condition), (0, "empty"), f"open with O_TRUNC, {flags:#x}")
    refused("EISDIR", os.truncate, fs / "seq", 0)
    fs.unmount()
