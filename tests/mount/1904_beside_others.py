#!/usr/bin/env python3
"""Ends of files that change while others copy, map or close: nobody hangs, and nobody reads what was never written."""
from zctest import *

image = Image(conventional=3, zone_size=8 * MIB, zones=8)
fs = image.mount()
size = 8 * MIB

# A sparse file as long as the zone, onto a conventional file with other contents.
sparse = file_with("sparse", b"begin")
os.truncate(sparse, size)
with opened(fs.cnv(0), O_WRONLY) as fd:
    os.pwrite(fd, pattern(size), 0)
must("cp", "--sparse=always", sparse, fs.cnv(0))
same_bytes(content(fs.cnv(0)), b"begin" + bytes(size - 5), "the holes of a file as long as the zone")

# Who had a conventional file open before somebody else emptied it has no gaps filled.
with opened(fs.cnv(0), O_RDWR) as before:
    os.pwrite(before, pattern(size, 5), 0)
    os.close(os.open(fs.cnv(0), O_WRONLY | O_TRUNC))
    os.pwrite(before, b"later", 5 * MIB)
    expected = bytearray(pattern(size, 5))
    expected[5 * MIB:5 * MIB + 5] = b"later"
    same_bytes(os.pread(before, size, 0), bytes(expected), "nothing else has changed")
    with opened(fs.cnv(0), O_RDWR | O_TRUNC) as emptied:
        os.pwrite(before, b"mixed", 6 * MIB)
        os.pwrite(emptied, b"with", 7 * MIB)
    expected[6 * MIB:6 * MIB + 5] = b"mixed"
    expected[7 * MIB:7 * MIB + 4] = b"with"
same_bytes(content(fs.cnv(0)), bytes(expected), "two who write at once")

# The last writer of the source closes it, which drops its end, while it is copied.
data = pattern(4 * MIB, 7)
for turn in range(12):
    writer = os.open(fs.seq(0), O_RDWR | O_TRUNC)
    for start in range(0, len(data), MIB):
        os.write(writer, data[start:start + MIB])
    os.write(writer, b"T" * 3000)
    reader, target = os.open(fs.seq(0), O_RDONLY), os.open(fs.seq(1), O_RDWR | O_TRUNC)
    counts = []
    copier = threading.Thread(target=lambda: counts.append(copy_range(reader, target, 5 * MIB, 0, 0)))
    copier.start()
    for _ in range(turn * 300):
        pass  # at another moment each time
    try:
        os.close(writer)
    except OSError:
        pass
    copier.join()
    got = os.pread(target, 5 * MIB, 0)
    equal(len(got), counts[0], "what was told is there")
    check(got == data or got == data + b"T" * 3000, f"the copy is {len(got)} bytes, and others than the source had")
    os.close(reader)
    try:
        os.close(target)
    except OSError:
        pass

# Mappings are written back while the file is a copy's destination: the kernel writes pages back to drop them.
os.truncate(fs.seq(2), 0)
with opened(fs.seq(2), O_WRONLY) as fd:
    os.write(fd, pattern(size, 3))
done = os.path.join(TMP, "done")  # seen by all processes
page = 4096


def dirty(number):
    with opened(fs.cnv(1), O_RDWR) as fd, mmap.mmap(fd, size) as mapping:
        step = 0
        while not os.path.exists(done):
            at = (number * 997 + step * 31) % (size // page) * page
            mapping[at] = step % 256
            mapping.flush(at, page)
            step += 1


def copy_again_and_again():
    try:
        for _ in range(40):
            equal(copy_paths(fs.seq(2), fs.cnv(1), size), size)
    finally:
        file_with("done", b"")


at_once(lambda: dirty(0), lambda: dirty(1), copy_again_and_again)
fs.unmount()
