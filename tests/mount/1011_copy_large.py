#!/usr/bin/env python3
"""Copies of more than 4 GiB in one call: as much as a FUSE reply can tell, and the rest in the next."""
from zctest import *

place = xfs(64 * GIB)
image = Image(zones=4, zone_size=8 * GIB, capacity=6 * GIB, directory=place)
fs = image.mount()
head, tail = pattern(MIB, 1), pattern(MIB, 2)
write_direct(fs.seq(0), head)
os.truncate(fs.seq(0), 6 * GIB)
first = copy_paths(fs.seq(0), fs.seq(1), 6 * GIB)
check(GIB < first <= 0xfffff000 and first % 4096 == 0, f"the first call copied {first}")
equal(os.stat(fs.seq(1)).st_size, first)
equal(copy_all_of(fs.seq(0), fs.seq(1), 6 * GIB, first, first), 6 * GIB - first)
equal(os.stat(fs.seq(1)).st_size, 6 * GIB)
equal(image.seq_zone(1).condition, "full")
equal(fs.counter("bytes_offloaded"), 6 * GIB)
succeeds("cp", "--reflink=auto", fs.seq(1), fs.seq(2))
equal(os.stat(fs.seq(2)).st_size, 6 * GIB, "cp")
for number in (1, 2):
    with opened(fs.seq(number), O_RDONLY) as fd:
        same_bytes(os.pread(fd, 2 * MIB, 0), head + bytes(MIB), f"seq/{number}")
        same_bytes(os.pread(fd, MIB, 6 * GIB - MIB), bytes(MIB), f"the end of seq/{number}")
