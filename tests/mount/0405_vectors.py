#!/usr/bin/env python3
"""pwritev: the sum of the segments counts; RWF_DSYNC, RWF_APPEND and RWF_NOWAIT."""
from zctest import *

fs = Image().mount()


def segments(*lengths):
    """Pieces of one page-aligned buffer that follow each other, and the bytes they hold."""
    data = pattern(sum(lengths), len(lengths))
    memory, parts, position = memoryview(aligned(data)), [], 0
    for length in lengths:
        parts.append(memory[position:position + length])
        position += length
    return parts, data


whole = b""
with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
    for lengths in ((4096,), (4096, 4096), (512, 3584), (512,) * 8, (1024, 1024, 2048), (512,) * 64, (8192,) * 16):
        parts, data = segments(*lengths)
        equal(os.pwritev(fd, parts, len(whole)), len(data), f"segments of {lengths[:4]}…")
        whole += data
    for lengths in ((4096, 100), (512, 512), (4095,)):
        parts, data = segments(*lengths)
        refused("EINVAL", os.pwritev, fd, parts, len(whole))
    parts, data = segments(4096, 4096)
    equal(os.pwritev(fd, parts, len(whole), os.RWF_DSYNC), 8192, "RWF_DSYNC")
    whole += data
    refused("EOPNOTSUPP", os.pwritev, fd, parts, len(whole), os.RWF_NOWAIT)
    refused("EINVAL", os.pwritev, fd, parts, 0)
    equal(os.pwritev(fd, parts, 0, os.RWF_APPEND), 8192, "RWF_APPEND")
    whole += data
    read_parts = [memoryview(mmap.mmap(-1, 8192))[:length] for length in (512, 3584, 4096)]
    equal(os.preadv(fd, read_parts, 0), 8192, "preadv")
    same_bytes(b"".join(bytes(part) for part in read_parts), whole[:8192], "preadv")
same_bytes(content(fs.seq(0)), whole, "seq/0")
