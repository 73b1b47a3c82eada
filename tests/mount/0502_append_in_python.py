#!/usr/bin/env python3
"""open(…, "ab"), "wb" and "r+b" in Python, whole blocks at a time."""
from zctest import *

fs = Image().mount()
whole = b""
for step in range(5):
    data = pattern(4096 * (3 * step + 1), step)
    with open(fs.seq(0), "ab") as file:
        equal(file.tell(), len(whole), "opens at the end")
        file.write(data)
    whole += data
same_bytes(content(fs.seq(0)), whole, "ab")
with open(fs.seq(0), "r+b") as file:
    file.seek(0, os.SEEK_END)
    file.write(pattern(8192, 9))
same_bytes(content(fs.seq(0)), whole + pattern(8192, 9), "r+b")
with open(fs.seq(0), "wb") as file:
    for step in range(100):
        file.write(pattern(4096, step))
        if step % 10 == 0:
            file.flush()
            os.fsync(file.fileno())
same_bytes(content(fs.seq(0)), b"".join(pattern(4096, step) for step in range(100)), "wb")
# More than a FUSE request, from memory that begins anywhere.
with open(fs.seq(2), "wb") as file:
    file.write(pattern(3 * MIB))
with open(fs.seq(2), "ab", buffering=0) as file:
    rest = memoryview(pattern(MIB, 4))
    while rest:
        rest = rest[file.write(rest):]
same_bytes(content(fs.seq(2)), pattern(3 * MIB) + pattern(MIB, 4), "large ones")
# Small pieces, gathered by Python's own buffer into whole blocks.
with open(fs.seq(1), "wb", buffering=8192) as file:
    for step in range(64):
        file.write(pattern(256, step))
same_bytes(content(fs.seq(1)), b"".join(pattern(256, step) for step in range(64)), "gathered")
