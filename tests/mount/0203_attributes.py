#!/usr/bin/env python3
"""Attributes of root, groups and files: mode, owner, links, sizes, blocks, inode numbers."""
from zctest import *

FIELDS = ("st_mode", "st_uid", "st_gid", "st_nlink", "st_size", "st_blocks", "st_blksize", "st_ino")


def attributes(path, expected):
    state = os.stat(path)
    for name, value in zip(FIELDS, expected):
        if value is not None:
            equal(getattr(state, name), value, f"{path}: {name}")


for block in (4096, 512):
    image = Image(zones=8, conventional=3, capacity=3 * MIB, block=block)
    fs = image.mount()
    attributes(fs.path, (stat.S_IFDIR | 0o555, 0, 0, 4, 4, 0, None, 8))
    attributes(fs / "cnv", (stat.S_IFDIR | 0o555, 0, 0, 2, 2, 0, None, 9))
    attributes(fs / "seq", (stat.S_IFDIR | 0o555, 0, 0, 2, 5, 0, None, 10))
    attributes(fs.cnv(1), (stat.S_IFREG | 0o640, 0, 0, 1, 4 * MIB, 4 * MIB // 512, block, 2))
    attributes(fs.seq(2), (stat.S_IFREG | 0o640, 0, 0, 1, 0, 3 * MIB // 512, block, 5))
    # The size is what was written, the blocks always the capacity.
    write_direct(fs.seq(2), pattern(5 * block))
    attributes(fs.seq(2), (stat.S_IFREG | 0o640, 0, 0, 1, 5 * block, 3 * MIB // 512, block, 5))
    os.truncate(fs.seq(1), 3 * MIB)
    attributes(fs.seq(1), (stat.S_IFREG | 0o640, 0, 0, 1, 3 * MIB, 3 * MIB // 512, block, 4))
    fs = fs.again()
    equal([os.stat(fs.seq(i)).st_size for i in range(4)], [0, 3 * MIB, 5 * block, 0], "sizes after a new mount")
    fs.unmount()

# Without conventional zones there is one group less; the number of seq stays.
fs = Image(zones=8).mount()
attributes(fs.path, (stat.S_IFDIR | 0o555, 0, 0, 3, 3, 0, None, 8))
attributes(fs / "seq", (stat.S_IFDIR | 0o555, 0, 0, 2, 7, 0, None, 10))

# A last zone that is shorter is shown as such.
fs = Image(size=18 * MIB, zones=5).mount()
equal([os.stat(fs.seq(i)).st_blocks * 512 for i in range(4)], [4 * MIB, 4 * MIB, 4 * MIB, 2 * MIB])
equal(write_direct(fs.seq(3), pattern(2 * MIB)), 2 * MIB)
refused("EFBIG", write_direct, fs.seq(3), bytes(4096))
