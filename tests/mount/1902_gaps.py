#!/usr/bin/env python3
"""A write beyond the end, and ftruncate to a greater size, fill the gap with zeros."""
from zctest import *

for block in (4096, 512):
    image = Image(block=block)
    fs = image.mount()
    expected = bytearray()
    with opened(fs.seq(0), O_RDWR) as fd:
        for offset, length in ((3, 10), (5000, 1), (20000, 6000), (30000, block), (MIB + 1, 2 * MIB), (3 * MIB + 77, 5)):
            data = pattern(length, offset)
            equal(os.pwrite(fd, data, offset), length, f"{length} bytes at {offset}")
            expected[len(expected):] = bytes(offset - len(expected)) + data
            equal(os.fstat(fd).st_size, len(expected))
        same_bytes(os.pread(fd, 4 * MIB, 0), bytes(expected), "before the end is a block")
        os.ftruncate(fd, 3 * MIB + 8192)
        expected += bytes(3 * MIB + 8192 - len(expected))
        same_bytes(os.pread(fd, 4 * MIB, 0), bytes(expected), "longer")
        same_bytes(content(fs.seq(0)), bytes(expected), "for a cached reader")
        os.fsync(fd)
        equal(image.seq_zone(0).written, len(expected), "fsync has brought it to the zone")
    fs = fs.again()
    same_bytes(content(fs.seq(0)), bytes(expected), "after a new mount")

    # What ftruncate has added can be written, as long as nothing behind it was.
    with opened(fs.seq(1), O_RDWR) as fd, opened(fs.seq(1), O_WRONLY | O_DIRECT) as direct, \
            opened(fs.seq(1), O_WRONLY | O_APPEND) as appending:
        os.ftruncate(fd, 10 * block)
        os.pwrite(fd, b"early", 100)
        equal(os.fstat(fd).st_size, 10 * block, "the size stays")
        os.pwrite(fd, b"late", 2 * block)
        refused("EINVAL", os.pwrite, fd, b"x", block)
        equal(os.pwrite(direct, aligned(block, 5), 10 * block), block, "a direct write at the end")
        os.ftruncate(fd, 20 * block)
        os.write(appending, pattern(block, 6))
        refused("EPERM", os.ftruncate, fd, 20 * block)
        equal(os.fstat(fd).st_size, 21 * block)
        equal(os.pwrite(fd, b"", 4 * MIB - 1), 0)
        refused("EFBIG", os.pwrite, fd, b"x", 4 * MIB)
        refused("EFBIG", os.ftruncate, fd, 4 * MIB + 1)
    expected = bytearray(21 * block)
    for offset, data in ((100, b"early"), (2 * block, b"late"), (10 * block, bytes(aligned(block, 5))),
                         (20 * block, pattern(block, 6))):
        expected[offset:offset + len(data)] = data
    same_bytes(content(fs.seq(1)), bytes(expected), "seq/1")

    # Nobody has it open: at once, and whole blocks only.
    os.truncate(fs.seq(2), 3 * block)
    equal(image.seq_zone(2).written, 3 * block)
    refused("EINVAL", os.truncate, fs.seq(2), 3 * block + 1)
    with opened(fs.seq(2), O_WRONLY) as fd:
        os.pwrite(fd, b"abc", 3 * block)
        os.ftruncate(fd, 4 * MIB)
        equal(image.seq_zone(2).condition, "full", "to the capacity: finished at once")
    same_bytes(content(fs.seq(2)), bytes(3 * block) + b"abc" + bytes(4 * MIB - 3 * block - 3))

    # A direct write does not leave a gap.
    with opened(fs.seq(3), O_WRONLY | O_DIRECT) as fd:
        refused("EINVAL", os.pwrite, fd, aligned(block), block)
    # Sparse files of programs.
    sparse = file_with("sparse", b"")
    with open(sparse, "r+b") as file:
        for offset in (0, 300000, 301000, 2 * MIB):
            file.seek(offset)
            file.write(b"data at %d" % offset)
        file.truncate(3 * MIB)
    for number, how in ((4, "auto"), (5, "always"), (6, "never")):
        must("cp", f"--sparse={how}", sparse, fs.seq(number))
        eventually(lambda: os.stat(fs.seq(number)).st_size, 3 * MIB)
        equal(run("cmp", sparse, fs.seq(number)).status, 0, f"cp --sparse={how}")
    fs.unmount()

# Zeros that ftruncate has asked for, and nothing else was written before the last close: they can still be written over
# by who opens the file again at once. They come to the zone after a moment, by fsync, and when the mount ends.
fs = (image := Image()).mount()
size = 3 * MIB
for number in range(4):
    with opened(fs.seq(number), O_RDWR) as fd:
        os.ftruncate(fd, size)
        equal(os.pwrite(fd, bytes(4096), 0), 4096, "zeros over zeros")
    equal(os.stat(fs.seq(number)).st_size, size)
    if number == 0:
        with opened(fs.seq(0), O_RDWR) as fd:
            os.pwrite(fd, pattern(10000), 0)
            os.pwrite(fd, pattern(100), 2 * MIB)
        eventually(lambda: image.seq_zone(0).written, size, "written, then closed")
    elif number == 1:
        with opened(fs.seq(1), O_RDONLY) as fd:
            os.fsync(fd)
        equal(image.seq_zone(1).written, size, "fsync")
eventually(lambda: image.seq_zone(2).written, size, "after a moment")
with opened(fs.seq(4), O_RDWR) as fd:
    os.ftruncate(fd, size)
fs = fs.again()
equal(image.seq_zone(4).written, size, "the mount has ended")
same_bytes(content(fs.seq(0)), pattern(10000) + bytes(2 * MIB - 10000) + pattern(100) + bytes(MIB - 100), "seq/0")
for number in range(1, 5):
    same_bytes(content(fs.seq(number)), bytes(size), f"seq/{number}")
with opened(fs.seq(5), O_RDWR) as fd:
    os.ftruncate(fd, size)
equal(run("mount.zonecopyfs", image.path, fs.path, "-o", "remount,ro").status, 0)
fs.unmount()
equal(image.seq_zone(5).written, size, "a mount that was made read-only")
